import { classTotals } from "./cells";
import type { CellIndex, GroupMetrics, Tree } from "./data";
import { cellAncestor } from "./hierarchy";

/** Precision, recall and F1 of every group (METHODS §3): one pass over the cells, one over the tree. */
export function groupMetrics(tree: Tree, cells: CellIndex, count: Int32Array): GroupMetrics {
  const ancestor = cellAncestor(tree, cells);
  const own = new Int32Array(tree.nNodes);
  for (let j = 0; j < count.length; j++) own[ancestor[j]] += count[j];
  const tp = Float64Array.from(own);
  const nTrue = new Float64Array(tree.nNodes);
  const nPred = new Float64Array(tree.nNodes);
  const { byTrue, byPred } = classTotals(cells, count);
  for (let leaf = 0; leaf < tree.nodeOfLeaf.length; leaf++) {
    nTrue[tree.nodeOfLeaf[leaf]] = byTrue[tree.classOfLeaf[leaf]];
    nPred[tree.nodeOfLeaf[leaf]] = byPred[tree.classOfLeaf[leaf]];
  }
  for (let node = tree.nNodes - 1; node > 0; node--) {
    const parent = tree.parent[node];
    tp[parent] += tp[node];
    nTrue[parent] += nTrue[node];
    nPred[parent] += nPred[node];
  }
  const fp = new Float64Array(tree.nNodes);
  const fn = new Float64Array(tree.nNodes);
  const precision = new Float64Array(tree.nNodes);
  const recall = new Float64Array(tree.nNodes);
  const f1 = new Float64Array(tree.nNodes);
  for (let node = 0; node < tree.nNodes; node++) {
    fp[node] = nPred[node] - tp[node];
    fn[node] = nTrue[node] - tp[node];
    precision[node] = tp[node] / nPred[node];
    recall[node] = tp[node] / nTrue[node];
    f1[node] = (2 * tp[node]) / (nPred[node] + nTrue[node]);
  }
  return { tp, fp, fn, precision, recall, f1 };
}

/** Wilson 95 % interval of the rate k / n; NaN when n is 0. */
export function wilson(k: number, n: number, z = 1.959964): readonly [number, number] {
  if (n === 0) return [Number.NaN, Number.NaN];
  const rate = k / n;
  const z2 = (z * z) / n;
  const centre = (rate + z2 / 2) / (1 + z2);
  const half = (z / (1 + z2)) * Math.sqrt((rate * (1 - rate)) / n + z2 / (4 * n));
  return [Math.max(0, centre - half), Math.min(1, centre + half)];
}
