import type { CellIndex, Classes, Filtered, Tree } from "../core/data";
import { nodeName } from "../label";
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
  // Classes of none of them are counted too, in a last row and column that are not given back.
  const size = children.length;
  const groupOfClass = new Uint8Array(cells.nClasses).fill(size);
  children.forEach((child, group) => {
    for (let leaf = tree.start[child]; leaf < tree.stop[child]; leaf++) {
      groupOfClass[tree.classOfLeaf[leaf]] = group;
    }
  });
  const sums = new Float64Array((size + 1) ** 2);
  for (let cell = 0; cell < cells.count.length; cell++) {
    const n = filtered.count[cell];
    if (n === 0 || n < minCount) continue;
    sums[groupOfClass[cells.true[cell]] * (size + 1) + groupOfClass[cells.pred[cell]]] += n;
  }
  return {
    title: nodeName(tree, classes, node) || "all classes",
    names: children.map((child) => nodeName(tree, classes, child)),
    counts: children.map((_, row) => children.map((_, col) => sums[row * (size + 1) + col])),
  };
}
