import { type Axis, axis, isOnDiagonal, type Plot, panned, visibleRect, zoomed } from "../layout/frame";
import { leafRanges } from "../layout/matrix";
import type { Model, ViewContext } from "../model";
import type { Range } from "../state/state";

/** Where the visible rows lie in a plot. */
export function rowsOf(model: Model, plot: Plot): Axis {
  const n = model.cells.nClasses;
  const rect = visibleRect(model.state.viewport, n);
  return axis(rect.y0, rect.y1, plot.height, n);
}

/** The rows that a selection names. */
export function selectedRows(model: Model): readonly Range[] {
  const { selection } = model.state;
  if (selection.kind === "groups") return leafRanges(model.tree, selection.nodes);
  return selection.kind === "cells" ? selection.boxes.map((box) => box.rows) : [];
}

/** Zoom the shared rows around a position in the plot; columns follow as long as the matrix shows its diagonal. */
export function zoomRows(ctx: ViewContext, model: Model, factor: number, rows: Axis, position: number): void {
  const { nClasses } = model.cells;
  const rect = visibleRect(model.state.viewport, nClasses);
  const y = rows.start + Math.min(rows.pixels, Math.max(0, position)) / rows.scale;
  const x = isOnDiagonal(rect) ? y : (rect.x0 + rect.x1) / 2;
  const viewport = zoomed(rect, factor, { x, y }, nClasses);
  if (viewport !== null || model.state.viewport !== null) ctx.dispatch({ type: "viewport", viewport });
}

/** Move the shared rows by leaf units, and the columns with them along the diagonal. */
export function panRows(ctx: ViewContext, model: Model, dy: number): void {
  const rect = model.state.viewport;
  if (rect === null) return;
  const viewport = panned(rect, isOnDiagonal(rect) ? dy : 0, dy, model.cells.nClasses);
  ctx.dispatch({ type: "viewport", viewport });
}

/** Move the rows as little as makes some of a range visible. */
export function showLeaves(ctx: ViewContext, model: Model, start: number, stop: number): void {
  const rect = model.state.viewport;
  if (rect === null) return;
  const span = rect.y1 - rect.y0;
  if (stop - start >= span) {
    if (stop <= rect.y0 || start >= rect.y1) panRows(ctx, model, start - rect.y0);
  } else if (start < rect.y0) panRows(ctx, model, start - rect.y0);
  else if (stop > rect.y1) panRows(ctx, model, stop - rect.y1);
}
