import type { Tree } from "../core/data";
import type { Model } from "../model";
import type { Range } from "../state/state";

/** Cells of a range of rows and a range of columns. */
export interface Region {
  readonly rows: Range;
  readonly cols: Range;
}

/** The block of a leaf; block k holds the leaves `cuts[k] .. cuts[k + 1]`. */
export function blockAt(cuts: Int32Array, leaf: number): number {
  let low = 0;
  let high = cuts.length - 1;
  while (high - low > 1) {
    const middle = (low + high) >>> 1;
    if (cuts[middle] <= leaf) low = middle;
    else high = middle;
  }
  return low;
}

/** The cells between the block of a row and the block of a column. */
export function regionAt(cuts: Int32Array, row: number, col: number): Region {
  const range = (leaf: number): Range => {
    const block = blockAt(cuts, leaf);
    return { start: cuts[block], stop: cuts[block + 1] };
  };
  return { rows: range(row), cols: range(col) };
}

/** Confusions between blocks that surprise at least this much (−log10 of the probability) are ringed. */
export const leastSurprise = 3;

/** Leaves of the confusions to ring. */
export function ringsOf(
  tree: Tree,
  outliers: NonNullable<Model["outliers"]>,
): readonly { readonly row: number; readonly col: number }[] {
  const rings: { row: number; col: number }[] = [];
  for (let at = 0; at < outliers.true.length; at++) {
    if (!(outliers.surprise[at] >= leastSurprise)) continue;
    rings.push({ row: tree.leafOfClass[outliers.true[at]], col: tree.leafOfClass[outliers.pred[at]] });
  }
  return rings;
}
