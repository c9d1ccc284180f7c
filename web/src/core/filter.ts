import type { CellIndex, Filtered, Rows } from "../model";
import type { Filter } from "../state/state";

/**
 * Apply the sample filters and recount. `activation` holds the response of the filter's neuron by row;
 * filters whose data have not arrived (`rows` or `activation` null) keep everything.
 */
export function applyFilter(
  cells: CellIndex,
  rows: Rows | null,
  filter: Filter,
  activation: Float32Array | null,
): Filtered {
  const everything: Filtered = { count: cells.count, keep: null, nShown: cells.nSamples };
  const byActivation = filter.activation !== null && activation !== null;
  const needsRows = filter.topK > 1 || isBounded(filter.pPred) || isBounded(filter.pTrue) || byActivation;
  if (rows === null) return filter.topK === 1 ? errorsOnly(cells) : everything;
  if (filter.topK === 0 && !needsRows) return everything;

  const keep = new Uint8Array(cells.nSamples).fill(1);
  if (filter.topK > 0) keepBeyondTopK(keep, cells, rows.trueRank, filter.topK);
  if (isBounded(filter.pPred)) keepBetween(keep, rows.pPred, filter.pPred);
  if (isBounded(filter.pTrue)) keepBetween(keep, rows.pTrue, filter.pTrue);
  if (byActivation) keepAtLeast(keep, activation, filter.activation.min);
  return recount(cells, keep);
}

/** Whether a probability range leaves anything out; the full range also passes NaN. */
export function isBounded(range: readonly [number, number]): boolean {
  return range[0] > 0 || range[1] < 1;
}

function keepBetween(keep: Uint8Array, values: Float32Array, range: readonly [number, number]): void {
  const low = Math.fround(range[0]);
  const high = Math.fround(range[1]);
  for (let i = 0; i < keep.length; i++) keep[i] &= Number(values[i] >= low) & Number(values[i] <= high);
}

function keepAtLeast(keep: Uint8Array, values: Float32Array, minimum: number): void {
  const low = Math.fround(minimum);
  for (let i = 0; i < keep.length; i++) keep[i] &= Number(values[i] >= low);
}

// An unknown rank (−1) fails `rank >= k`. For k = 1 the cell itself says whether the sample is wrong.
function keepBeyondTopK(keep: Uint8Array, cells: CellIndex, rank: Rows["trueRank"], k: number): void {
  for (let i = 0; i < keep.length; i++) keep[i] &= Number(rank[i] >= k);
  if (k !== 1) return;
  for (let j = 0; j < cells.count.length; j++) {
    if (cells.true[j] === cells.pred[j]) continue;
    for (let i = cells.rowStart[j]; i < cells.rowStart[j + 1]; i++) keep[i] |= Number(rank[i] === -1);
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
