import { hasBit } from "../../core/bits";
import { cellOfRow } from "../../core/cells";
import type { CellIndex, Filtered, Rows } from "../../model";
import type { SampleState } from "../../state/state";

/** One class of the sample viewer: its most typical sample and how many there are. */
export interface Group {
  readonly classId: number;
  readonly count: number;
  readonly correct: number;
  /** Row with the largest p(true); ties by sample. */
  readonly representative: number;
}

/** Rows that pass the filters, the cell filter included. */
export function shownRows(cells: CellIndex, filtered: Filtered, minCount: number): Uint32Array {
  const { count, keep } = filtered;
  let total = 0;
  for (let cell = 0; cell < count.length; cell++) if (count[cell] >= minCount) total += count[cell];
  const rows = new Uint32Array(total);
  let next = 0;
  for (let cell = 0; cell < count.length; cell++) {
    if (count[cell] < minCount) continue;
    const stop = cells.rowStart[cell + 1];
    for (let row = cells.rowStart[cell]; row < stop; row++) {
      if (hasBit(keep, row)) rows[next++] = row;
    }
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
  const classOf = cells[by];
  const cellOf = cellsOfRows(cells, rows);
  const count = new Int32Array(cells.nClasses);
  const correct = new Int32Array(cells.nClasses);
  const best = new Int32Array(cells.nClasses).fill(-1);
  for (let at = 0; at < rows.length; at++) {
    const cell = cellOf[at];
    const classId = classOf[cell];
    const row = rows[at];
    count[classId] += 1;
    correct[classId] += Number(cells.true[cell] === cells.pred[cell]);
    const before = best[classId];
    if (before < 0 || isMoreTypical(samples, row, before)) best[classId] = row;
  }
  const groups: Group[] = [];
  for (let classId = 0; classId < cells.nClasses; classId++) {
    if (count[classId] === 0) continue;
    groups.push({
      classId,
      count: count[classId],
      correct: correct[classId],
      representative: best[classId],
    });
  }
  return groups.sort((a, b) => b.count - a.count || a.classId - b.classId);
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

/** Sort rows for the grid; unknown probabilities last, ties by sample. */
export function sortRows(
  samples: Rows,
  rows: Uint32Array,
  sort: SampleState["sort"],
  descending: boolean,
): Uint32Array {
  const sign = descending ? -1 : 1;
  const sorted = rows.slice();
  if (sort === "sample") return sorted.sort((a, b) => sign * byNumber(samples, a, b));
  const value = sort === "p_pred" ? samples.pPred : samples.pTrue;
  return sorted.sort((a, b) => {
    const left = value[a];
    const right = value[b];
    const unknown = Number(Number.isNaN(left)) - Number(Number.isNaN(right));
    if (unknown !== 0) return unknown;
    return sign * (left - right) || byNumber(samples, a, b);
  });
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

function isMoreTypical(samples: Rows, row: number, than: number): boolean {
  const p = samples.pTrue[row];
  const q = samples.pTrue[than];
  if (Number.isNaN(p) !== Number.isNaN(q)) return Number.isNaN(q);
  return p > q || ((p === q || Number.isNaN(p)) && byNumber(samples, row, than) < 0);
}

function byNumber(samples: Rows, a: number, b: number): number {
  return samples.sample[a] - samples.sample[b];
}
