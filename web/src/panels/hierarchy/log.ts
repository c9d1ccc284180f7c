import type { Classes, Tree } from "../../core/data";
import { MutableTree } from "../../core/mutableTree";
import { beginning } from "../../draw/text";
import type { Edit } from "../../state/state";
import { counted } from "../format";

/** One edit in words; `isDone` is false for one that did not fit the tree any more. */
export interface LogLine {
  readonly text: string;
  readonly isDone: boolean;
}

const MOST_NAMES = 3;
const MOST_LETTERS = 60;

/** Say what every edit of a saved tree did, in turn. */
export function logEdits(saved: Tree, classes: Classes, edits: readonly Edit[]): readonly LogLine[] {
  if (edits.length === 0) return [];
  const tree = new MutableTree(saved);
  const name = (node: number) => {
    if (!tree.has(node)) return "something that is gone";
    const classId = tree.classOf(node);
    return clip((classId >= 0 ? classes.short[classId] : tree.name[node]) || "the whole tree");
  };
  return edits.map((edit) => {
    const text = describe(edit, tree, name);
    return { text, isDone: tree.apply(edit) };
  });
}

/** How an edited tree was made, for its file: everything that is needed to make it again. */
export function provenance(
  base: string,
  result: string,
  edits: readonly Edit[],
  lines: readonly LogLine[],
): Readonly<Record<string, unknown>> {
  const steps = edits.flatMap((edit, at) =>
    lines[at].isDone ? [{ ...step(edit), text: lines[at].text }] : [],
  );
  return { source: "page", method: "edited", base, result, steps };
}

/** The method when one accepted proposal for the whole tree is all there is. */
export function methodOfAll(edits: readonly Edit[]): string | null {
  const [only, ...more] = edits;
  return only?.kind === "replace" && only.node === 0 && more.length === 0 ? String(only.how.method) : null;
}

/** How a hierarchy was made, in a few words for a person. */
export function howText(how: Readonly<Record<string, unknown>>): string {
  const parts: string[] = [];
  const { source, method, base, result, similarity, seed, file, steps } = how;
  if (method === "edited" || Array.isArray(steps)) {
    parts.push(
      `${String(base ?? "another hierarchy")} with ${counted(Array.isArray(steps) ? steps.length : 0, "edit")}`,
    );
  } else {
    if (typeof method === "string") parts.push(method);
    if (typeof source === "string") parts.push(`from ${source}`);
    if (typeof similarity === "string") parts.push(similarity);
    if (typeof seed === "number") parts.push(`seed ${seed}`);
  }
  if (typeof result === "string") parts.push(`result set ${result}`);
  if (typeof file === "string") parts.push(file);
  return parts.map(clip).join(" · ") || "not recorded";
}

// The arrays of a proposal are in the saved tree; method, source, seed and result make them again.
function step(edit: Edit): Readonly<Record<string, unknown>> {
  if (edit.kind !== "replace") return { ...edit };
  return { kind: "replace", node: edit.node, n_nodes: edit.parent.length, ...edit.how };
}

function describe(edit: Edit, tree: MutableTree, name: (node: number) => string): string {
  switch (edit.kind) {
    case "rename":
      return `renamed ${name(edit.node)} to ${clip(edit.name)}`;
    case "move": {
      const what = listed(edit.nodes.map(name));
      const stays = edit.nodes.every((node) => tree.has(node) && tree.parentOf(node) === edit.into);
      if (!stays) return `moved ${what} into ${name(edit.into)}`;
      return edit.before === null
        ? `moved ${what} to the end of ${name(edit.into)}`
        : `moved ${what} before ${name(edit.before)}`;
    }
    case "group":
      return `grouped ${listed(edit.nodes.map(name))} as ${clip(edit.name)}`;
    case "merge":
      return `merged ${listed(edit.nodes.slice(1).map(name))} into ${name(edit.nodes[0])}`;
    case "dissolve":
      return `dissolved ${name(edit.node)}`;
    case "replace":
      return `${edit.how.method} for ${name(edit.node)} (${edit.how.source}, seed ${edit.how.seed})`;
  }
}

function listed(names: readonly string[]): string {
  if (names.length <= MOST_NAMES) return names.join(", ");
  return `${names.slice(0, MOST_NAMES - 1).join(", ")} and ${names.length - MOST_NAMES + 1} more`;
}

/** The beginning of a name that may have thousands of letters. */
export function clip(name: string): string {
  return name.length <= MOST_LETTERS ? name : `${beginning(name, MOST_LETTERS - 1).trimEnd()}…`;
}
