import { chosenCells } from "../core/select";
import { cellValue } from "../core/values";
import { visibleRect } from "../layout/frame";
import type { Region } from "../layout/regions";
import type { Model } from "../model";
import type { CellValue } from "../state/state";

/** Rows of fields, the header first; numbers are NaN where they are undefined. */
export interface Table {
  readonly header: readonly string[];
  readonly rows: readonly (readonly (string | number)[])[];
}

/** Larger matrices are written as a list of their cells. */
export const mostFields = 4_000_000;

const unit: { readonly [V in CellValue]: string } = {
  count: "samples",
  row: "share of the true class",
  column: "share of the predicted class",
  pair: "mean of the shares both ways",
};

/** The cells in view. */
export function viewRegion({ state, cells }: Model): Region {
  const rect = visibleRect(state.viewport, cells.nClasses);
  const range = (from: number, to: number) => ({
    start: Math.max(0, Math.floor(from)),
    stop: Math.min(cells.nClasses, Math.ceil(to)),
  });
  return { rows: range(rect.y0, rect.y1), cols: range(rect.x0, rect.x1) };
}

/** What the matrix shows in a region: rows true, columns predicted; a hidden diagonal is left empty. */
export function regionTable(model: Model, region: Region): Table {
  const { rows, cols } = region;
  const { tree, classes, mapped, state } = model;
  if ((rows.stop - rows.start) * (cols.stop - cols.start) > mostFields)
    return listTable(model, inRegion(model, region));
  const across = Array.from(
    { length: cols.stop - cols.start },
    (_, at) => tree.classOfLeaf[cols.start + at] as number,
  );
  const table: (string | number)[][] = [];
  for (let leaf = rows.start; leaf < rows.stop; leaf++) {
    const t = tree.classOfLeaf[leaf] as number;
    table.push([
      classes.name[t] ?? "",
      ...across.map((p) => (t === p && !state.encoding.diagonal ? "" : written(cellValue(mapped, t, p)))),
    ]);
  }
  return {
    header: [`true \\ predicted, ${unit[mapped.kind]}`, ...across.map((p) => classes.name[p] ?? "")],
    rows: table,
  };
}

/** One cell a row, in the order of the classes, with samples and rates; empty and hidden cells are left out. */
export function listTable(model: Model, isIn: (cell: number) => boolean): Table {
  const { tree, classes, cells, filtered, groups, state } = model;
  const found: number[] = [];
  for (let cell = 0; cell < cells.true.length; cell++) {
    const n = filtered.count[cell];
    if (n > 0 && n >= state.filter.minCount && isIn(cell)) found.push(cell);
  }
  const place = (cell: number) =>
    tree.leafOfClass[cells.true[cell]] * cells.nClasses + tree.leafOfClass[cells.pred[cell]];
  found.sort((a, b) => place(a) - place(b));
  return {
    header: ["true", "predicted", "samples", "row rate", "column rate"],
    rows: found.map((cell) => {
      const [t, p] = [cells.true[cell] as number, cells.pred[cell] as number];
      const [row, col] = [tree.nodeOfLeaf[tree.leafOfClass[t]], tree.nodeOfLeaf[tree.leafOfClass[p]]];
      const n = filtered.count[cell] as number;
      return [
        classes.name[t] ?? "",
        classes.name[p] ?? "",
        n,
        written(n / (groups.tp[row] + groups.fn[row])),
        written(n / (groups.tp[col] + groups.fp[col])),
      ];
    }),
  };
}

/** The selected cells: one box as a matrix, anything else as a list; null when no cells are selected. */
export function selectionTable(model: Model): Table | null {
  const { state, tree, cells } = model;
  const { selection, encoding } = state;
  if (selection.kind === "cells" && selection.boxes.length === 1) {
    const box = selection.boxes[0] as Region;
    const isCell = box.rows.stop - box.rows.start === 1 && box.cols.stop - box.cols.start === 1;
    if (!isCell) return regionTable(model, box);
  }
  const chosen = chosenCells(selection, tree, cells, encoding.diagonal);
  return chosen && listTable(model, (cell) => chosen[cell] === 1);
}

function inRegion({ tree, cells, state }: Model, { rows, cols }: Region): (cell: number) => boolean {
  return (cell) => {
    if (!state.encoding.diagonal && cells.true[cell] === cells.pred[cell]) return false;
    const row = tree.leafOfClass[cells.true[cell]];
    const col = tree.leafOfClass[cells.pred[cell]];
    return row >= rows.start && row < rows.stop && col >= cols.start && col < cols.stop;
  };
}

/** Nine digits are more than the data hold. */
function written(value: number): number {
  return Number.isInteger(value) ? value : Number(value.toPrecision(9));
}
