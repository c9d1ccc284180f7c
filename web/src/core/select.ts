import type { Part, Selection } from "../state/state";
import { hasBit } from "./bits";
import { cellOfRow } from "./cells";
import type { CellIndex, Filtered, Tree } from "./data";

type GroupSelection = Extract<Selection, { kind: "groups" }>;
type CellSelection = Extract<Selection, { kind: "cells" | "lasso" }>;

/** Samples of every part of a group selection (METHODS §8.1); of a box selection, all in `both`. */
export type PartCounts = { readonly [part in Part]: number };

/**
 * Rows of a selection after the filters, in row order; null when nothing is selected. Several nodes make one
 * group: the union of their classes. `topRows` are the rows that activate the selected neuron most; they keep
 * their order. A box leaves correct samples out while `diagonal` is false: it holds what the matrix shows.
 */
export function selectRows(
  selection: Selection,
  tree: Tree,
  cells: CellIndex,
  filtered: Filtered,
  minCount: number,
  diagonal: boolean,
  topRows: Uint32Array | null = null,
): Uint32Array | null {
  if (selection.kind === "none") return null;
  if (selection.kind === "top") {
    return (topRows ?? new Uint32Array(0)).filter(
      (row) => hasBit(filtered.keep, row) && filtered.count[cellOfRow(cells, row)] >= minCount,
    );
  }
  const chosen =
    selection.kind === "groups"
      ? cellsOfGroup(selection, tree, cells)
      : cellsOfBoxes(selection, tree, cells, diagonal);
  return rowsOfCells(chosen, cells, filtered, minCount);
}

/** Count a selection by part; all zero when no cells are selected. */
export function countSelection(
  selection: Selection,
  tree: Tree,
  cells: CellIndex,
  filtered: Filtered,
  minCount: number,
  diagonal: boolean,
): PartCounts {
  const counts = { both: 0, tp: 0, tp_correct: 0, tp_confused: 0, fp: 0, fn: 0, true: 0, pred: 0 };
  if (selection.kind === "none" || selection.kind === "top") return counts;
  if (selection.kind !== "groups") {
    const chosen = cellsOfBoxes(selection, tree, cells, diagonal);
    for (let j = 0; j < chosen.length; j++) {
      if (chosen[j] === 1 && filtered.count[j] >= minCount) counts.both += filtered.count[j];
    }
    return counts;
  }
  const inGroup = classesOf(selection.nodes, tree);
  for (let j = 0; j < filtered.count.length; j++) {
    const n = filtered.count[j];
    if (n === 0 || n < minCount) continue;
    const isTrue = inGroup[cells.true[j]] === 1;
    const isPred = inGroup[cells.pred[j]] === 1;
    if (isTrue && isPred) counts[cells.true[j] === cells.pred[j] ? "tp_correct" : "tp_confused"] += n;
    else if (isPred) counts.fp += n;
    else if (isTrue) counts.fn += n;
  }
  counts.tp = counts.tp_correct + counts.tp_confused;
  counts.true = counts.tp + counts.fn;
  counts.pred = counts.tp + counts.fp;
  counts.both = counts.tp + counts.fp + counts.fn;
  return counts;
}

/** One byte per cell of CellIndex: 1 where it is selected; null for a selection that is not of cells. */
export function chosenCells(
  selection: Selection,
  tree: Tree,
  cells: CellIndex,
  diagonal: boolean,
): Uint8Array | null {
  if (selection.kind === "none" || selection.kind === "top") return null;
  return selection.kind === "groups"
    ? cellsOfGroup(selection, tree, cells)
    : cellsOfBoxes(selection, tree, cells, diagonal);
}

/** One byte per class: 1 where the class lies below one of the nodes (numbered as on the wire). */
export function classesOf(wireNodes: readonly number[], tree: Tree): Uint8Array {
  const inGroup = new Uint8Array(tree.classOfLeaf.length);
  for (const wireNode of wireNodes) {
    const node = tree.nodeOfWire[wireNode];
    for (let leaf = tree.start[node]; leaf < tree.stop[node]; leaf++) inGroup[tree.classOfLeaf[leaf]] = 1;
  }
  return inGroup;
}

const partTest: { readonly [part in Part]: (t: number, p: number, correct: boolean) => boolean } = {
  both: (t, p) => (t | p) === 1,
  tp: (t, p) => (t & p) === 1,
  tp_correct: (t, p, correct) => (t & p) === 1 && correct,
  tp_confused: (t, p, correct) => (t & p) === 1 && !correct,
  fp: (t, p) => t === 0 && p === 1,
  fn: (t, p) => t === 1 && p === 0,
  true: (t) => t === 1,
  pred: (_, p) => p === 1,
};

function cellsOfGroup(selection: GroupSelection, tree: Tree, cells: CellIndex): Uint8Array {
  const inGroup = classesOf(selection.nodes, tree);
  const test = partTest[selection.part];
  const chosen = new Uint8Array(cells.true.length);
  for (let j = 0; j < chosen.length; j++) {
    const trueClass = cells.true[j];
    const predClass = cells.pred[j];
    chosen[j] = Number(test(inGroup[trueClass], inGroup[predClass], trueClass === predClass));
  }
  return chosen;
}

// A box holds what the matrix shows in it: no correct samples while the diagonal is hidden.
function cellsOfBoxes(selection: CellSelection, tree: Tree, cells: CellIndex, diagonal: boolean): Uint8Array {
  if (selection.kind === "lasso") return cellsOfLasso(selection.polygon, tree, cells, diagonal);
  const chosen = new Uint8Array(cells.true.length);
  for (const { rows, cols } of selection.boxes) {
    for (let j = 0; j < chosen.length; j++) {
      if (!diagonal && cells.true[j] === cells.pred[j]) continue;
      const row = tree.leafOfClass[cells.true[j]];
      const col = tree.leafOfClass[cells.pred[j]];
      if (row >= rows.start && row < rows.stop && col >= cols.start && col < cols.stop) chosen[j] = 1;
    }
  }
  return chosen;
}

function cellsOfLasso(
  polygon: readonly (readonly [number, number])[],
  tree: Tree,
  cells: CellIndex,
  diagonal: boolean,
): Uint8Array {
  const crossings = Array.from({ length: cells.nClasses }, (_, leaf) => crossingsOf(polygon, leaf + 0.5));
  const chosen = new Uint8Array(cells.true.length);
  for (let j = 0; j < chosen.length; j++) {
    if (!diagonal && cells.true[j] === cells.pred[j]) continue;
    const at = tree.leafOfClass[cells.pred[j]] + 0.5;
    let isInside = 0;
    for (const x of crossings[tree.leafOfClass[cells.true[j]]] as readonly number[]) {
      if (x > at) isInside ^= 1;
    }
    chosen[j] = isInside;
  }
  return chosen;
}

// An edge counts from its upper end, included, to its lower end, left out, so that a shared corner counts once.
function crossingsOf(polygon: readonly (readonly [number, number])[], y: number): readonly number[] {
  const crossings: number[] = [];
  polygon.forEach(([x1, y1], at) => {
    const [x0, y0] = polygon[(at + polygon.length - 1) % polygon.length] as readonly [number, number];
    if (y0 <= y !== y1 <= y) crossings.push(x0 + ((y - y0) / (y1 - y0)) * (x1 - x0));
  });
  return crossings;
}

function rowsOfCells(
  chosen: Uint8Array,
  cells: CellIndex,
  filtered: Filtered,
  minCount: number,
): Uint32Array {
  let total = 0;
  for (let j = 0; j < chosen.length; j++) {
    if (filtered.count[j] < minCount) chosen[j] = 0;
    else if (chosen[j] === 1) total += filtered.count[j];
  }
  const rows = new Uint32Array(total);
  let next = 0;
  for (let j = 0; j < chosen.length; j++) {
    if (chosen[j] === 0) continue;
    for (let row = cells.rowStart[j]; row < cells.rowStart[j + 1]; row++) {
      if (hasBit(filtered.keep, row)) rows[next++] = row;
    }
  }
  return rows;
}
