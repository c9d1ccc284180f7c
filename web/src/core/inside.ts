import type { CellIndex, GroupMetrics, Tree } from "./data";

/** By node: the share of right predictions among the samples that stay in the group; NaN where none does. */
export function insideAccuracy(
  tree: Tree,
  cells: CellIndex,
  count: Int32Array,
  { tp }: Pick<GroupMetrics, "tp">,
): Float64Array {
  const correct = correctSamples(tree, cells, count);
  return correct.map((right, node) => right / (tp[node] as number));
}

/** By node: samples whose predicted class is their true one. */
export function correctSamples(tree: Tree, cells: CellIndex, count: Int32Array): Float64Array {
  const correct = new Float64Array(tree.nNodes);
  for (let cell = 0; cell < count.length; cell++) {
    if (cells.true[cell] !== cells.pred[cell]) continue;
    correct[tree.nodeOfLeaf[tree.leafOfClass[cells.true[cell]]]] = count[cell];
  }
  for (let node = tree.nNodes - 1; node > 0; node--) correct[tree.parent[node]] += correct[node];
  return correct;
}
