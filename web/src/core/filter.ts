import type { Filter } from "../state/state";
import { type Bits, countBefore, countWord, inAll, makeBits, setBits } from "./bits";
import type { CellIndex, Filtered, Rows } from "./data";

/** Apply all sample filters and recount. */
export function applyFilter(
  cells: CellIndex,
  rows: Rows | null,
  filter: Filter,
  activation: Float32Array | null,
): Filtered {
  const byValue = filterValues(everything(cells), cells, rows, filter, activation);
  return filterRank(cells, rows, byValue, filter.topK);
}

/** What is shown without any filter. */
export function everything(cells: CellIndex): Filtered {
  return { count: cells.count, keep: null, nShown: cells.nSamples };
}

/** The parts of filtering by value; a caller that remembers their last results repeats only those that changed. */
export interface ValueSteps {
  readonly pPred: typeof rowsInRange;
  readonly pTrue: typeof rowsInRange;
  readonly activation: typeof rowsInRange;
  readonly all: typeof keepRows;
}

const plainSteps: ValueSteps = {
  pPred: rowsInRange,
  pTrue: rowsInRange,
  activation: rowsInRange,
  all: keepRows,
};

/**
 * Apply every sample filter but the rank's: what the metrics of groups are counted from. `activation` holds the
 * response of the filter's neuron by row; filters whose data have not arrived (null) keep everything.
 */
export function filterValues(
  all: Filtered,
  cells: CellIndex,
  rows: Rows | null,
  filter: Filter,
  activation: Float32Array | null,
  steps: ValueSteps = plainSteps,
): Filtered {
  if (rows === null) return all;
  const { pPred, pTrue } = filter;
  const byActivation = filter.activation !== null && activation !== null ? filter.activation : null;
  return steps.all(
    all,
    cells,
    isBounded(pPred) ? steps.pPred(rows.pPred, pPred[0], pPred[1]) : null,
    isBounded(pTrue) ? steps.pTrue(rows.pTrue, pTrue[0], pTrue[1]) : null,
    byActivation && steps.activation(activation as Float32Array, byActivation.min, Number.POSITIVE_INFINITY),
  );
}

/** Leave out of `base` what is right when the `topK` best classes count; the same object when `topK` is 0. */
export function filterRank(
  cells: CellIndex,
  rows: Rows | null,
  base: Filtered,
  topK: number,
  beyond: typeof rowsBeyondRank = rowsBeyondRank,
): Filtered {
  if (topK === 0) return base;
  if (rows === null) return topK === 1 ? keepRows(base, cells, wrongRows(cells)) : base;
  return keepRows(base, cells, beyond(cells, rows.trueRank, topK));
}

/** Whether a probability range leaves anything out; the full range also passes NaN. */
export function isBounded(range: readonly [number, number]): boolean {
  return range[0] > 0 || range[1] < 1;
}

/** Rows whose value lies between the bounds, as float32 and inclusive; NaN is left out. */
export function rowsInRange(values: Float32Array, least: number, most: number): Bits {
  const low = Math.fround(least);
  const high = Math.fround(most);
  const bits = makeBits(values.length);
  const whole = values.length >>> 5;
  let row = 0;
  for (let word = 0; word < whole; word++) {
    let found = 0;
    // Four at a time and without branches: this loop is most of what a filter costs.
    for (let bit = 0; bit < 32; bit += 4, row += 4) {
      const a = values[row];
      const b = values[row + 1];
      const c = values[row + 2];
      const d = values[row + 3];
      found |=
        ((Number(a >= low) & Number(a <= high)) |
          ((Number(b >= low) & Number(b <= high)) << 1) |
          ((Number(c >= low) & Number(c <= high)) << 2) |
          ((Number(d >= low) & Number(d <= high)) << 3)) <<
        bit;
    }
    bits[word] = found;
  }
  for (let bit = 0; row < values.length; row++, bit++) {
    bits[whole] |= (Number(values[row] >= low) & Number(values[row] <= high)) << bit;
  }
  return bits;
}

/**
 * Rows whose true class is not among the `k` best. An unknown rank (−1) is never beyond one; but for k = 1 the cell
 * itself says whether the sample is wrong.
 */
export function rowsBeyondRank(cells: CellIndex, rank: Rows["trueRank"], k: number): Bits {
  const bits = makeBits(rank.length);
  const whole = rank.length >>> 5;
  let row = 0;
  for (let word = 0; word < whole; word++) {
    let found = 0;
    for (let bit = 0; bit < 32; bit += 4, row += 4) {
      found |=
        (Number(rank[row] >= k) |
          (Number(rank[row + 1] >= k) << 1) |
          (Number(rank[row + 2] >= k) << 2) |
          (Number(rank[row + 3] >= k) << 3)) <<
        bit;
    }
    bits[word] = found;
  }
  for (let bit = 0; row < rank.length; row++, bit++) bits[whole] |= Number(rank[row] >= k) << bit;
  if (k !== 1) return bits;
  const wrong = wrongRows(cells);
  for (let at = 0; at < rank.length; at++) {
    if (rank[at] === -1) bits[at >>> 5] |= wrong[at >>> 5] & (1 << (at & 31));
  }
  return bits;
}

function wrongRows(cells: CellIndex): Bits {
  const bits = makeBits(cells.nSamples);
  for (let j = 0; j < cells.count.length; j++) {
    if (cells.true[j] !== cells.pred[j]) setBits(bits, cells.rowStart[j], cells.rowStart[j + 1]);
  }
  return bits;
}

/** Keep of `base` what has its bit set in all the others (null has all of them), and count it; `base` itself without any. */
export function keepRows(base: Filtered, cells: CellIndex, ...others: readonly (Bits | null)[]): Filtered {
  const given = others.filter((bits) => bits !== null);
  if (given.length === 0) return base;
  return countRows(cells, inAll(base.keep === null ? given : [base.keep, ...given]));
}

function countRows(cells: CellIndex, keep: Bits): Filtered {
  const { rowStart } = cells;
  const before = countBefore(keep);
  const count = new Int32Array(cells.count.length);
  for (let j = 0; j < count.length; j++) {
    const start = rowStart[j];
    const stop = rowStart[j + 1];
    // Most cells of a large matrix hold one sample.
    if (stop - start === 1) count[j] = (keep[start >>> 5] >>> (start & 31)) & 1;
    else count[j] = setBefore(keep, before, stop) - setBefore(keep, before, start);
  }
  return { count, keep, nShown: before[keep.length] };
}

function setBefore(keep: Bits, before: Int32Array, row: number): number {
  return before[row >>> 5] + countWord(keep[row >>> 5] & ((1 << (row & 31)) - 1));
}
