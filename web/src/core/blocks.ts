import type { CellIndex, Tree } from "./data";

/** What lies in and between the blocks of a partition, in samples. */
export interface BlockCounts {
  readonly nBlocks: number;
  /** By true block, then predicted block: samples taken for another class. */
  readonly errors: Float64Array;
  /** By block: correct samples. */
  readonly correct: Float64Array;
  readonly nErrors: number;
  /** Errors whose two classes lie in one block. */
  readonly nInside: number;
}

/** Count the cells of at least `minCount` samples by block; block k holds the leaves `cuts[k] .. cuts[k + 1]`. */
export function countBlocks(
  tree: Tree,
  cells: CellIndex,
  count: Int32Array,
  minCount: number,
  cuts: Int32Array,
): BlockCounts {
  const nBlocks = Math.max(0, cuts.length - 1);
  const blockOfClass = new Int32Array(cells.nClasses);
  for (let block = 0; block < nBlocks; block++) {
    for (let leaf = cuts[block]; leaf < cuts[block + 1]; leaf++) blockOfClass[tree.classOfLeaf[leaf]] = block;
  }
  const errors = new Float64Array(nBlocks * nBlocks);
  const correct = new Float64Array(nBlocks);
  let nErrors = 0;
  let nInside = 0;
  for (let cell = 0; cell < count.length; cell++) {
    const n = count[cell];
    if (n === 0 || n < minCount) continue;
    const row = blockOfClass[cells.true[cell]];
    if (cells.true[cell] === cells.pred[cell]) {
      correct[row] += n;
      continue;
    }
    const col = blockOfClass[cells.pred[cell]];
    errors[row * nBlocks + col] += n;
    nErrors += n;
    if (row === col) nInside += n;
  }
  return { nBlocks, errors, correct, nErrors, nInside };
}

/** The share of errors that blocks hold when errors fall anywhere; NaN with fewer than two classes. */
export function chanceShare(cuts: Int32Array): number {
  let area = 0;
  for (let block = 0; block + 1 < cuts.length; block++) {
    const size = cuts[block + 1] - cuts[block];
    area += size * (size - 1);
  }
  const nClasses = cuts.length ? cuts[cuts.length - 1] : 0;
  return area / (nClasses * (nClasses - 1));
}

/** The node that holds exactly the leaves `start .. stop`, the uppermost where several do; −1 for none. */
export function nodeOfRange(tree: Tree, start: number, stop: number): number {
  let node = tree.nodeOfLeaf[start] ?? -1;
  while (node >= 0 && tree.stop[node] < stop) node = tree.parent[node];
  while (node > 0 && isRange(tree, tree.parent[node], start, stop)) node = tree.parent[node];
  return node >= 0 && isRange(tree, node, start, stop) ? node : -1;
}

function isRange(tree: Tree, node: number, start: number, stop: number): boolean {
  return tree.start[node] === start && tree.stop[node] === stop;
}
