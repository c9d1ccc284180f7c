import { hasBit } from "../../core/bits";
import { cellOfRow } from "../../core/cells";
import type { CellIndex, Filtered, Rows } from "../../model";

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
  const groups = new Tally(cells, samples, by);
  for (let cell = 0; cell < count.length; cell++) {
    if (count[cell] === 0 || count[cell] < minCount) continue;
    const stop = rowStart[cell + 1];
    let best = -1;
    for (let row = rowStart[cell]; row < stop; row++) {
      if (hasBit(keep, row)) best = best < 0 ? row : groups.better(row, best);
    }
    groups.add(cell, count[cell], best);
  }
  return groups.sorted();
}

/** Counts, and the most typical row found so far, of every class. */
class Tally {
  private readonly classOf: CellIndex["true"];
  private readonly count: Int32Array;
  private readonly correct: Int32Array;
  private readonly best: Int32Array;

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
    const p = pTrue[row];
    const q = pTrue[other];
    if (p > q) return row;
    if (p < q) return other;
    const unknown = Number(Number.isNaN(p)) - Number(Number.isNaN(q));
    if (unknown !== 0) return unknown > 0 ? other : row;
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
