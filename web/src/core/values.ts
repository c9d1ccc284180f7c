import type { CellValue } from "../state/state";
import { cellsByPred, largestCell } from "./cells";
import type { CellIndex } from "./data";

/** The cells that can have a value, by class: those of a matrix, or these and their mirror images. */
export interface Pattern {
  readonly nClasses: number;
  readonly true: Uint16Array | Int32Array;
  readonly pred: Uint16Array | Int32Array;
}

/** What the cells of a matrix are coloured by. */
export interface Mapped {
  readonly kind: CellValue;
  /** For `pair` cells and their mirror images, else the CellIndex. */
  readonly pattern: Pattern;
  /** By row of `pattern`: samples for `count`, else a rate in [0, 1]. */
  readonly value: Int32Array | Float64Array;
  /** Cells of fewer samples are not shown; rates of them are 0 already. */
  readonly minCount: number;
  /** Where the colour scale begins: 1 sample, or the smallest positive rate that is mapped. */
  readonly least: number;
  /** The largest value that is mapped: at least 1 sample; 0 for rates when nothing is mapped. */
  readonly largest: number;
  /** By class: 1 where a rate of its row or its column has no samples to be a share of; null where all have. */
  readonly undefinedRow: Uint8Array | null;
  readonly undefinedCol: Uint8Array | null;
}

/** Samples by class that rates are shares of: after the filters by value, before the rank's, diagonal included. */
export interface ClassTotals {
  readonly byTrue: Float64Array;
  readonly byPred: Float64Array;
}

/**
 * Value of every cell. A row rate is a share of the samples of the true class, a column rate of those predicted so, and a
 * pair rate is (F_ij + F_ji) / 2 with F the row rates, so that it is the same both ways. Cells with fewer than `minCount`
 * samples count as empty. `diagonal` says whether correct samples are mapped; `totals` is asked for rates only.
 */
export function mapCells(
  cells: CellIndex,
  count: Int32Array,
  totals: () => ClassTotals,
  kind: CellValue,
  minCount: number,
  diagonal: boolean,
): Mapped {
  if (kind === "count") {
    const largest = largestCell(cells, count, diagonal);
    return {
      kind,
      pattern: cells,
      value: count,
      minCount,
      least: 1,
      largest,
      undefinedRow: null,
      undefinedCol: null,
    };
  }
  const { byTrue, byPred } = totals();
  const pattern = kind === "pair" ? mirrored(cells) : cells;
  const value = kind === "pair" ? pairRates(mirrored(cells), count, byTrue, minCount) : null;
  const shared = kind === "column" ? byPred : byTrue;
  const classOf = kind === "column" ? cells.pred : cells.true;
  const rate = value ?? sharesOf(classOf, count, shared, minCount);
  const undefinedClass = whereEmpty(shared);
  return {
    kind,
    pattern,
    value: rate,
    minCount,
    ...extentOf(pattern, rate, diagonal),
    undefinedRow: kind === "column" ? null : undefinedClass,
    undefinedCol: kind === "row" ? null : undefinedClass,
  };
}

/** Whether a cell is drawn: it has a value, is large enough, and is not on a hidden diagonal. */
export function isMapped(mapped: Mapped, at: number, diagonal: boolean): boolean {
  const { pattern, value, minCount, kind } = mapped;
  const isShown = kind === "count" ? value[at] > 0 && value[at] >= minCount : value[at] > 0;
  return isShown && (diagonal || pattern.true[at] !== pattern.pred[at]);
}

/** Value of two classes; 0 where their cell is empty or hidden, NaN where it is undefined. */
export function cellValue(mapped: Mapped, trueClass: number, predClass: number): number {
  if (mapped.undefinedRow?.[trueClass] || mapped.undefinedCol?.[predClass]) return Number.NaN;
  const at = findPlace(mapped.pattern, trueClass, predClass);
  if (at < 0) return 0;
  const value = mapped.value[at];
  return mapped.kind === "count" && value < mapped.minCount ? 0 : value;
}

/** Row of a pattern, which is sorted by true, then pred; −1 where it has none. */
export function findPlace(pattern: Pattern, trueClass: number, predClass: number): number {
  let low = 0;
  let high = pattern.true.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const t = pattern.true[middle];
    if (t < trueClass || (t === trueClass && pattern.pred[middle] < predClass)) low = middle + 1;
    else high = middle;
  }
  return pattern.true[low] === trueClass && pattern.pred[low] === predClass ? low : -1;
}

interface Mirrored extends Pattern {
  /** Row of CellIndex, −1 where only the mirror image is not empty; and the row of that. */
  readonly cell: Int32Array;
  readonly mirror: Int32Array;
}

const mirroredOf = new WeakMap<CellIndex, Mirrored>();

function mirrored(cells: CellIndex): Mirrored {
  let pattern = mirroredOf.get(cells);
  if (pattern === undefined) {
    pattern = makeMirrored(cells);
    mirroredOf.set(cells, pattern);
  }
  return pattern;
}

// Row by row, the cells of a class and the mirror images of those predicted so are merged; both are sorted.
function makeMirrored(cells: CellIndex): Mirrored {
  const { nClasses } = cells;
  const n = cells.true.length;
  const { start, place, true: trueClass } = cellsByPred(cells);
  const cell = new Int32Array(2 * n);
  const mirror = new Int32Array(2 * n);
  const t = new Int32Array(2 * n);
  const p = new Int32Array(2 * n);
  let size = 0;
  let a = 0;
  for (let classId = 0; classId < nClasses; classId++) {
    let b = start[classId];
    const stop = start[classId + 1];
    for (;;) {
      const own = a < n && cells.true[a] === classId ? cells.pred[a] : nClasses;
      const other = b < stop ? trueClass[b] : nClasses;
      if (own === nClasses && other === nClasses) break;
      t[size] = classId;
      p[size] = Math.min(own, other);
      cell[size] = own <= other ? a++ : -1;
      mirror[size] = other <= own ? place[b++] : -1;
      size++;
    }
  }
  return {
    nClasses,
    true: t.slice(0, size),
    pred: p.slice(0, size),
    cell: cell.slice(0, size),
    mirror: mirror.slice(0, size),
  };
}

function pairRates(
  pattern: Mirrored,
  count: Int32Array,
  byTrue: Float64Array,
  minCount: number,
): Float64Array {
  const { cell, mirror, true: trueClass, pred } = pattern;
  const value = new Float64Array(cell.length);
  for (let at = 0; at < value.length; at++) {
    const own = cell[at] < 0 ? 0 : count[cell[at]];
    const other = mirror[at] < 0 ? 0 : count[mirror[at]];
    // A class without samples has no rate: 0 / 0 is NaN.
    const there = (own < minCount ? 0 : own) / byTrue[trueClass[at]];
    const back = (other < minCount ? 0 : other) / byTrue[pred[at]];
    value[at] = (there + back) / 2;
  }
  return value;
}

function sharesOf(
  classOf: CellIndex["true"],
  count: Int32Array,
  totals: Float64Array,
  minCount: number,
): Float64Array {
  const value = new Float64Array(count.length);
  for (let j = 0; j < count.length; j++) {
    if (count[j] > 0 && count[j] >= minCount) value[j] = count[j] / totals[classOf[j]];
  }
  return value;
}

function whereEmpty(totals: Float64Array): Uint8Array | null {
  const empty = Uint8Array.from(totals, (total) => Number(total === 0));
  return empty.includes(1) ? empty : null;
}

function extentOf(
  pattern: Pattern,
  value: Float64Array,
  diagonal: boolean,
): { least: number; largest: number } {
  let least = Number.POSITIVE_INFINITY;
  let largest = 0;
  for (let at = 0; at < value.length; at++) {
    if (!(value[at] > 0) || (!diagonal && pattern.true[at] === pattern.pred[at])) continue;
    if (value[at] < least) least = value[at];
    if (value[at] > largest) largest = value[at];
  }
  return { least: Math.min(least, largest), largest };
}
