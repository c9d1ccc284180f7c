import type { CellIndex, Filtered, Rows } from "../model";
import type { Filter } from "../state/state";

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

/** One step for each filter by value; a caller that remembers them repeats only those that changed. */
export interface FilterSteps {
  readonly pPred: typeof filterRange;
  readonly pTrue: typeof filterRange;
  readonly activation: typeof filterRange;
}

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
  steps: FilterSteps = { pPred: filterRange, pTrue: filterRange, activation: filterRange },
): Filtered {
  if (rows === null) return all;
  const { pPred, pTrue } = filter;
  let kept = all;
  if (isBounded(pPred)) kept = steps.pPred(cells, kept, rows.pPred, pPred[0], pPred[1]);
  if (isBounded(pTrue)) kept = steps.pTrue(cells, kept, rows.pTrue, pTrue[0], pTrue[1]);
  if (filter.activation !== null && activation !== null) {
    kept = steps.activation(cells, kept, activation, filter.activation.min, Number.POSITIVE_INFINITY);
  }
  return kept;
}

/** Leave out of `base` what is right when the `topK` best classes count; the same object when `topK` is 0. */
export function filterRank(cells: CellIndex, rows: Rows | null, base: Filtered, topK: number): Filtered {
  if (topK === 0) return base;
  if (rows === null) return topK === 1 ? errorsOnly(cells) : base;
  const keep = base.keep?.slice() ?? new Uint8Array(cells.nSamples).fill(1);
  keepBeyondTopK(keep, cells, rows.trueRank, base.keep, topK);
  return recount(cells, keep);
}

/** Whether a probability range leaves anything out; the full range also passes NaN. */
export function isBounded(range: readonly [number, number]): boolean {
  return range[0] > 0 || range[1] < 1;
}

/**
 * Keep rows whose value lies between the bounds, as float32 and inclusive; NaN is left out. Keeping and counting in
 * one pass takes three quarters of the time of two.
 */
export function filterRange(
  cells: CellIndex,
  base: Filtered,
  values: Float32Array,
  least: number,
  most: number,
): Filtered {
  const { rowStart } = cells;
  const low = Math.fround(least);
  const high = Math.fround(most);
  const keep = base.keep?.slice() ?? new Uint8Array(cells.nSamples).fill(1);
  const count = new Int32Array(cells.count.length);
  let nShown = 0;
  for (let j = 0, i = 0; j < count.length; j++) {
    const stop = rowStart[j + 1];
    let kept = 0;
    for (; i < stop; i++) {
      const passes = keep[i] & Number(values[i] >= low) & Number(values[i] <= high);
      keep[i] = passes;
      kept += passes;
    }
    count[j] = kept;
    nShown += kept;
  }
  return { count, keep, nShown };
}

// An unknown rank (−1) fails `rank >= k`. For k = 1 the cell itself says whether the sample is wrong.
function keepBeyondTopK(
  keep: Uint8Array,
  cells: CellIndex,
  rank: Rows["trueRank"],
  before: Uint8Array | null,
  k: number,
): void {
  for (let i = 0; i < keep.length; i++) keep[i] &= Number(rank[i] >= k);
  if (k !== 1) return;
  for (let j = 0; j < cells.count.length; j++) {
    if (cells.true[j] === cells.pred[j]) continue;
    for (let i = cells.rowStart[j]; i < cells.rowStart[j + 1]; i++) {
      if (rank[i] === -1) keep[i] = before === null ? 1 : before[i];
    }
  }
}

function recount(cells: CellIndex, keep: Uint8Array): Filtered {
  const { rowStart } = cells;
  const count = new Int32Array(cells.count.length);
  let nShown = 0;
  for (let j = 0, i = 0; j < count.length; j++) {
    const stop = rowStart[j + 1];
    let kept = 0;
    for (; i < stop; i++) kept += keep[i];
    count[j] = kept;
    nShown += kept;
  }
  return { count, keep, nShown };
}

function errorsOnly(cells: CellIndex): Filtered {
  const keep = new Uint8Array(cells.nSamples);
  for (let j = 0; j < cells.count.length; j++) {
    if (cells.true[j] !== cells.pred[j]) keep.fill(1, cells.rowStart[j], cells.rowStart[j + 1]);
  }
  return recount(cells, keep);
}
