import type { CellIndex } from "./data";

/** Index the non-empty cells of a wire reply, which come sorted by true class, then predicted class. */
export function indexCells(
  trueClass: Uint16Array | Int32Array,
  predClass: Uint16Array | Int32Array,
  count: Int32Array,
  nClasses: number,
  nSamples: number,
): CellIndex {
  const rowStart = new Uint32Array(count.length + 1);
  for (let j = 0; j < count.length; j++) rowStart[j + 1] = rowStart[j] + count[j];
  if (rowStart[count.length] !== nSamples) {
    throw new Error(`cells hold ${rowStart[count.length]} samples, the result set has ${nSamples}`);
  }
  return { nClasses, nSamples, true: trueClass, pred: predClass, count, rowStart };
}

/** The cell of two classes, or −1 where it is empty. */
export function findCell(cells: CellIndex, trueClass: number, predClass: number): number {
  let low = 0;
  let high = cells.true.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const before =
      cells.true[middle] < trueClass || (cells.true[middle] === trueClass && cells.pred[middle] < predClass);
    if (before) low = middle + 1;
    else high = middle;
  }
  return cells.true[low] === trueClass && cells.pred[low] === predClass ? low : -1;
}

/** The cell that holds a row. */
export function cellOfRow(cells: CellIndex, row: number): number {
  let low = 0;
  let high = cells.true.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >>> 1;
    if (cells.rowStart[middle] <= row) low = middle;
    else high = middle - 1;
  }
  return low;
}

/** Samples by true class and by predicted class. */
export function classTotals(
  cells: CellIndex,
  count: Int32Array,
): { byTrue: Float64Array; byPred: Float64Array } {
  const { true: trueClass, pred: predClass } = cells;
  const byTrue = new Float64Array(cells.nClasses);
  // Integers, and a sum per run of the sorted class: half the time of adding each cell to an array of floats.
  const byPred = new Int32Array(cells.nClasses);
  for (let j = 0; j < count.length; j++) byPred[predClass[j]] += count[j];
  for (let j = 0; j < count.length; ) {
    const classId = trueClass[j];
    let sum = 0;
    for (; j < count.length && trueClass[j] === classId; j++) sum += count[j];
    byTrue[classId] += sum;
  }
  return { byTrue, byPred: Float64Array.from(byPred) };
}

/**
 * Largest mapped cell, at least 1; the diagonal counts only when it is shown. `count` is what filters left, so cells that
 * were no larger before need no look.
 */
export function largestCell(cells: CellIndex, count: Int32Array, diagonal: boolean): number {
  let largest = 1;
  for (const cell of largeCells(cells)) {
    if (cells.count[cell] <= largest) break;
    if (count[cell] > largest && (diagonal || cells.true[cell] !== cells.pred[cell])) largest = count[cell];
  }
  return largest;
}

const large = new WeakMap<CellIndex, Int32Array>();

/** Cells of two samples and more, the largest first; found once. */
function largeCells(cells: CellIndex): Int32Array {
  let found = large.get(cells);
  if (found === undefined) {
    const n = cells.count.length;
    let many = 0;
    for (let cell = 0; cell < n; cell++) many += Number(cells.count[cell] > 1);
    // Size and number as one whole number below 2^53, which sorts without a function that compares.
    const keys = new Float64Array(many);
    for (let cell = 0, at = 0; cell < n; cell++)
      if (cells.count[cell] > 1) keys[at++] = cells.count[cell] * n + cell;
    found = Int32Array.from(keys.sort().reverse(), (key) => key % n);
    large.set(cells, found);
  }
  return found;
}

const diagonals = new WeakMap<CellIndex, Int32Array>();

/** Cells of correct samples, by class; found once. */
export function diagonalCells(cells: CellIndex): Int32Array {
  let found = diagonals.get(cells);
  if (found === undefined) {
    const isOn = (cell: number) => cells.true[cell] === cells.pred[cell];
    let n = 0;
    for (let cell = 0; cell < cells.true.length; cell++) n += Number(isOn(cell));
    found = new Int32Array(n);
    for (let cell = 0, at = 0; at < n; cell++) if (isOn(cell)) found[at++] = cell;
    diagonals.set(cells, found);
  }
  return found;
}

/**
 * Rows of a pattern of cells by predicted class: those of a class are `place[start[c] .. start[c + 1])`, sorted by their
 * true class, which `true` holds in the same order.
 */
export interface ByPred {
  readonly start: Int32Array;
  readonly place: Int32Array;
  readonly true: Uint16Array | Int32Array;
}

const byPreds = new WeakMap<object, ByPred>();

/** The other way round of a pattern, which is sorted by true, then predicted class; made once. */
export function cellsByPred(pattern: Pick<CellIndex, "nClasses" | "true" | "pred">): ByPred {
  let made = byPreds.get(pattern);
  if (made === undefined) {
    made = makeByPred(pattern);
    byPreds.set(pattern, made);
  }
  return made;
}

function makeByPred({
  nClasses,
  true: trueClass,
  pred,
}: Pick<CellIndex, "nClasses" | "true" | "pred">): ByPred {
  const start = new Int32Array(nClasses + 1);
  for (let at = 0; at < pred.length; at++) start[pred[at] + 1]++;
  for (let c = 0; c < nClasses; c++) start[c + 1] += start[c];
  const next = start.slice();
  const place = new Int32Array(pred.length);
  const ofTrue = trueClass.slice();
  for (let at = 0; at < pred.length; at++) {
    const to = next[pred[at]]++;
    place[to] = at;
    ofTrue[to] = trueClass[at];
  }
  return { start, place, true: ofTrue };
}
