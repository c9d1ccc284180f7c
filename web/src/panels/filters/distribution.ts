import { diagonalCells } from "../../core/cells";
import type { CellIndex, Rows } from "../../core/data";
import type { Scale } from "../../core/scale";
import { isMapped, type Mapped } from "../../core/values";

export const BINS = 40;

/** Rows whose value lies in [low, high], bounds as float32; NaN passes the full range only. */
export function countBetween(values: Float32Array, [low, high]: readonly [number, number]): number {
  if (low <= 0 && high >= 1) return values.length;
  const from = Math.fround(low);
  const to = Math.fround(high);
  let n = 0;
  for (let row = 0; row < values.length; row++) n += Number(values[row] >= from && values[row] <= to);
  return n;
}

/** Rows whose value is at least `low` as float32. */
export function countFrom(values: Float32Array, low: number): number {
  const from = Math.fround(low);
  let n = 0;
  for (let row = 0; row < values.length; row++) n += Number(values[row] >= from);
  return n;
}

/** Rows that are still wrong when the k best classes count; an unknown rank is wrong when the classes differ. */
export function countBeyond(cells: CellIndex, rows: Rows | null, k: number): number {
  if (k === 0) return cells.nSamples;
  if (k === 1 || rows === null) return cells.nSamples - countCorrect(cells);
  let n = 0;
  for (let row = 0; row < rows.trueRank.length; row++) n += Number(rows.trueRank[row] >= k);
  return n;
}

/** How many cells hold how many samples: what every bar of cell values is made from, in one pass. */
export interface CellValues {
  /** Cells off the diagonal by their count. */
  readonly confused: Uint32Array;
  /** Counts of the non-empty cells of the diagonal. */
  readonly correct: Int32Array;
}

/** Tally the cells of a matrix by value. */
export function cellValues(cells: CellIndex, count: Int32Array): CellValues {
  let confused = new Uint32Array(256);
  for (let cell = 0; cell < count.length; cell++) {
    const n = count[cell];
    if (n >= confused.length) {
      const wider = new Uint32Array(2 * n);
      wider.set(confused);
      confused = wider;
    }
    confused[n]++;
  }
  confused[0] = 0;
  const correct = Int32Array.from(diagonalCells(cells), (cell) => count[cell]).filter((n) => n > 0);
  for (const n of correct) confused[n]--;
  return { confused, correct };
}

/** Samples in cells of at least `low`. */
export function countInCells({ confused, correct }: CellValues, low: number): number {
  let n = 0;
  for (let value = Math.max(1, low); value < confused.length; value++) n += value * confused[value];
  for (const value of correct) if (value >= low) n += value;
  return n;
}

/** Cells off the diagonal in `bins` equal steps of the logarithm of their count, up to `largest`. */
export function cellBars({ confused }: CellValues, largest: number, bins: number): Float64Array {
  const bars = new Float64Array(bins);
  const scale = largest > 1 ? (bins - 1) / Math.log(largest) : 0;
  for (let value = 1; value < confused.length; value++) {
    if (confused[value] > 0) bars[Math.min(bins - 1, Math.round(Math.log(value) * scale))] += confused[value];
  }
  return bars;
}

/** Bar heights in [0, 1]; the square root keeps the small ones visible. */
export function heights(bars: Float64Array): number[] {
  const most = Math.max(...bars);
  return Array.from(bars, (bar) => (most > 0 ? Math.sqrt(bar / most) : 0));
}

function countCorrect(cells: CellIndex): number {
  let n = 0;
  for (const cell of diagonalCells(cells)) n += cells.count[cell];
  return n;
}

/** Mapped cells by position on the colour scale. */
export function legendBars(
  mapped: Mapped,
  { confused, correct }: CellValues,
  scale: Scale,
  diagonal: boolean,
  bins: number,
): Float64Array {
  const bars = new Float64Array(bins);
  const add = (value: number, n: number) => {
    bars[Math.min(bins - 1, Math.floor(scale.position(value) * bins))] += n;
  };
  if (mapped.kind !== "count") {
    for (let at = 0; at < mapped.value.length; at++) {
      if (isMapped(mapped, at, diagonal)) add(mapped.value[at], 1);
    }
    return bars;
  }
  for (let value = mapped.minCount; value < confused.length; value++) {
    if (confused[value] > 0) add(value, confused[value]);
  }
  if (diagonal) for (const value of correct) if (value >= mapped.minCount) add(value, 1);
  return bars;
}
