import { hasBit } from "../../core/bits";
import { cellOfRow } from "../../core/cells";
import type { CellIndex, Filtered, Rows } from "../../core/data";

/** One class of the sample viewer: its most typical sample and how many there are. */
export interface Group {
  readonly classId: number;
  readonly count: number;
  readonly correct: number;
  /** Row with the largest p(true); ties by sample. */
  readonly representative: number;
}

/** Rows that pass the filters, the cell filter included. */
export function shownRows(cells: CellIndex, { count, keep }: Filtered, minCount: number): Uint32Array {
  let total = 0;
  for (let cell = 0; cell < count.length; cell++) if (count[cell] >= minCount) total += count[cell];
  const rows = new Uint32Array(total);
  let next = 0;
  for (let cell = 0; cell < count.length; cell++) {
    if (count[cell] === 0 || count[cell] < minCount) continue;
    const stop = cells.rowStart[cell + 1];
    for (let row = cells.rowStart[cell]; row < stop; row++) if (hasBit(keep, row)) rows[next++] = row;
  }
  return rows;
}

/** Cell of every row of a list; quick when the list ascends, as selections do. */
export function cellsOfRows(cells: CellIndex, rows: Uint32Array): Uint32Array {
  const { rowStart } = cells;
  const found = new Uint32Array(rows.length);
  let cell = 0;
  for (let at = 0; at < rows.length; at++) {
    const row = rows[at];
    if (row < rowStart[cell] || row >= rowStart[cell + 1]) {
      cell =
        cell + 1 < cells.count.length && row < rowStart[cell + 2] && row >= rowStart[cell + 1]
          ? cell + 1
          : cellOfRow(cells, row);
    }
    found[at] = cell;
  }
  return found;
}

/** Group rows by true or predicted class: most samples first, ties by class id. */
export function groupRows(
  cells: CellIndex,
  samples: Rows,
  rows: Uint32Array,
  by: "true" | "pred",
): readonly Group[] {
  const cellOf = cellsOfRows(cells, rows);
  const groups = new Tally(cells, samples, by);
  for (let at = 0; at < rows.length; ) {
    const cell = cellOf[at];
    let best = rows[at];
    const first = at;
    for (at++; at < rows.length && cellOf[at] === cell; at++) best = groups.better(rows[at], best);
    groups.add(cell, at - first, best);
  }
  return groups.sorted();
}

/** Group all rows that pass the filters, cell by cell: no list of millions of rows is made. */
export function groupShown(
  cells: CellIndex,
  samples: Rows,
  { count, keep }: Filtered,
  minCount: number,
  by: "true" | "pred",
): readonly Group[] {
  const { rowStart } = cells;
  const { pTrue, sample } = samples;
  const groups = new Tally(cells, samples, by);
  const { best: bestOf, count: countOf, correct, classOf } = groups;
  for (let cell = 0; cell < count.length; cell++) {
    const n = count[cell];
    if (n === 0 || n < minCount) continue;
    const classId = classOf[cell];
    let best = bestOf[classId];
    let most = best < 0 ? UNKNOWN - 1 : keyOf(pTrue[best]);
    const stop = rowStart[cell + 1];
    for (let row = rowStart[cell]; row < stop; row++) {
      if (keep !== null && ((keep[row >>> 5] >>> (row & 31)) & 1) === 0) continue;
      const key = keyOf(pTrue[row]);
      if (key < most || (key === most && sample[row] > sample[best])) continue;
      best = row;
      most = key;
    }
    bestOf[classId] = best;
    countOf[classId] += n;
    if (cells.true[cell] === cells.pred[cell]) correct[classId] += n;
  }
  return groups.sorted();
}

const UNKNOWN = -1;

/** Probabilities in their order, the unknown below all. */
function keyOf(p: number): number {
  return p >= 0 ? p : UNKNOWN;
}

/** Counts, and the most typical row found so far, of every class. */
class Tally {
  readonly classOf: CellIndex["true"];
  readonly count: Int32Array;
  readonly correct: Int32Array;
  readonly best: Int32Array;

  constructor(
    private readonly cells: CellIndex,
    private readonly samples: Rows,
    by: "true" | "pred",
  ) {
    this.classOf = cells[by];
    this.count = new Int32Array(cells.nClasses);
    this.correct = new Int32Array(cells.nClasses);
    this.best = new Int32Array(cells.nClasses).fill(-1);
  }

  /** The more typical of two rows: larger p(true), unknown last, ties by sample. */
  better(row: number, other: number): number {
    const { pTrue, sample } = this.samples;
    const difference = keyOf(pTrue[row]) - keyOf(pTrue[other]);
    if (difference !== 0) return difference > 0 ? row : other;
    return sample[row] < sample[other] ? row : other;
  }

  add(cell: number, n: number, best: number): void {
    const classId = this.classOf[cell];
    this.count[classId] += n;
    if (this.cells.true[cell] === this.cells.pred[cell]) this.correct[classId] += n;
    const before = this.best[classId];
    this.best[classId] = before < 0 ? best : this.better(best, before);
  }

  sorted(): readonly Group[] {
    const groups: Group[] = [];
    this.count.forEach((count, classId) => {
      if (count === 0) return;
      groups.push({ classId, count, correct: this.correct[classId], representative: this.best[classId] });
    });
    return groups.sort((a, b) => b.count - a.count || a.classId - b.classId);
  }
}

/** Rows of one opened group. */
export function rowsOfGroup(
  cells: CellIndex,
  rows: Uint32Array,
  by: "true" | "pred",
  classId: number,
): Uint32Array {
  const cellOf = cellsOfRows(cells, rows);
  return rows.filter((_, at) => cells[by][cellOf[at]] === classId);
}

/** Rows of one opened group of all that pass the filters. */
export function shownRowsOfGroup(
  cells: CellIndex,
  { count, keep }: Filtered,
  minCount: number,
  by: "true" | "pred",
  classId: number,
): Uint32Array {
  const classOf = cells[by];
  const one = count.map((n, cell) => (classOf[cell] === classId ? n : 0));
  return shownRows(cells, { count: one, keep, nShown: 0 }, Math.max(1, minCount));
}

/** What the border of a thumbnail says. */
export type Outcome = "top1" | "top5" | "wrong";

/** Whether the true class came first, among the first five, or later. */
export function outcomeOf(cells: CellIndex, samples: Rows, row: number): Outcome {
  const cell = cellOfRow(cells, row);
  if (cells.true[cell] === cells.pred[cell]) return "top1";
  const rank = samples.trueRank[row];
  return rank > 0 && rank < 5 ? "top5" : "wrong";
}
