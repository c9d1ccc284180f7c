import type { AppState, Range, Rect, Selection } from "./state";

/** How large the data are that a state must fit. */
export interface Extent {
  readonly nNodes: number;
  readonly nClasses: number;
}

/** Drop what a state (from an old URL, say) names but the data do not have. Gives back the same object when it fits. */
export function settle(state: AppState, { nNodes, nClasses }: Extent): AppState {
  const selection = settleSelection(state.selection, nNodes, nClasses);
  const viewport = state.viewport && settleViewport(state.viewport, nClasses);
  const nodes = state.responses.nodes.filter((node) => node < nNodes);
  const responses =
    nodes.length === state.responses.nodes.length ? state.responses : { ...state.responses, nodes };
  const open = state.samples.open !== null && state.samples.open >= nClasses ? null : state.samples.open;
  const samples = open === state.samples.open ? state.samples : { ...state.samples, open };
  const fits =
    selection === state.selection &&
    viewport === state.viewport &&
    responses === state.responses &&
    samples === state.samples;
  return fits ? state : { ...state, selection, viewport, responses, samples };
}

function settleSelection(selection: Selection, nNodes: number, nClasses: number): Selection {
  if (selection.kind === "groups") {
    const nodes = selection.nodes.filter((node) => node < nNodes);
    if (nodes.length === selection.nodes.length) return selection;
    return nodes.length ? { ...selection, nodes } : { kind: "none" };
  }
  if (selection.kind === "cells") {
    const inside = (range: Range) => range.start >= 0 && range.stop <= nClasses;
    const boxes = selection.boxes.filter((box) => inside(box.rows) && inside(box.cols));
    if (boxes.length === selection.boxes.length) return selection;
    return boxes.length ? { kind: "cells", boxes } : { kind: "none" };
  }
  return selection;
}

function settleViewport(rect: Rect, nClasses: number): Rect | null {
  const outside = rect.x0 >= nClasses || rect.y0 >= nClasses || rect.x1 <= 0 || rect.y1 <= 0;
  return outside ? null : rect;
}
