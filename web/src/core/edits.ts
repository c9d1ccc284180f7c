import type { Edit } from "../state/state";
import type { Tree } from "./data";
import { MutableTree } from "./mutableTree";

/** Apply edits in turn; the result is in preorder and numbers its nodes as `Edit` says. An edit that does not fit is skipped. */
export function applyEdits(tree: Tree, edits: readonly Edit[]): Tree {
  if (edits.length === 0) return tree;
  const edited = new MutableTree(tree);
  const isChanged = edits.map((edit) => edited.apply(edit)).includes(true);
  return isChanged ? edited.finish() : tree;
}
