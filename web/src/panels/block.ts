import { nodeName } from "../label";
import type { CellIndex, Classes, Filtered, Tree } from "../model";
import type { Selection } from "../state/state";

/** What the focused block holds, as a table of groups: rows true, columns predicted, in leaf order. */
export interface Block {
  readonly title: string;
  readonly names: readonly string[];
  readonly counts: readonly (readonly number[])[];
}

const MOST = 12;

/** The children of the selected group (or of the root), counted against each other after the filters. */
export function focusedBlock(
  tree: Tree,
  classes: Classes,
  cells: CellIndex,
  filtered: Filtered,
  selection: Selection,
  minCount: number,
): Block {
  const wire = selection.kind === "groups" ? (selection.nodes[0] ?? 0) : 0;
  const node = tree.nodeOfWire[wire] ?? 0;
  const children: number[] = [];
  for (let at = node + 1; at < tree.nNodes && tree.start[at] < tree.stop[node]; at++) {
    if (tree.parent[at] === node && children.length < MOST) children.push(at);
  }
  if (children.length === 0) children.push(node);
  const groupOfLeaf = new Int32Array(cells.nClasses).fill(-1);
  children.forEach((child, group) => {
    groupOfLeaf.fill(group, tree.start[child], tree.stop[child]);
  });
  const counts = children.map(() => children.map(() => 0));
  for (let cell = 0; cell < cells.count.length; cell++) {
    const row = groupOfLeaf[tree.leafOfClass[cells.true[cell]]];
    const col = groupOfLeaf[tree.leafOfClass[cells.pred[cell]]];
    const n = filtered.count[cell];
    if (row >= 0 && col >= 0 && n >= minCount) (counts[row] as number[])[col] += n;
  }
  return {
    title: nodeName(tree, classes, node) || "all classes",
    names: children.map((child) => nodeName(tree, classes, child)),
    counts,
  };
}
