import type { AppState, Range, Rect, Selection } from "./state";

/** The data that a state must fit. */
export interface Extent {
  /** Row of a node by its number on the wire; −1 and beyond the end: no such node. */
  readonly nodeOfWire: Int32Array;
  readonly nClasses: number;
  /** Result sets of the study. */
  readonly results: readonly { readonly name: string }[];
}

/** Drop what a state (from an old URL, say) names but the data do not have. Gives back the same object when it fits. */
export function settle(state: AppState, { nodeOfWire, nClasses, results }: Extent): AppState {
  const has = (node: number) => (nodeOfWire[node] ?? -1) >= 0;
  const selection = settleSelection(state.selection, has, nClasses);
  const viewport = state.viewport && settleViewport(state.viewport, nClasses);
  const nodes = state.responses.nodes.filter(has);
  const kept = state.pins.filter(has);
  const pins = kept.length === state.pins.length ? state.pins : kept;
  const proposal = state.proposal !== null && !has(state.proposal.node) ? null : state.proposal;
  const responses =
    nodes.length === state.responses.nodes.length ? state.responses : { ...state.responses, nodes };
  const baseline = results.some(({ name }) => name === state.baseline) ? state.baseline : null;
  const open = state.samples.open !== null && state.samples.open >= nClasses ? null : state.samples.open;
  const samples = open === state.samples.open ? state.samples : { ...state.samples, open };
  const fits =
    selection === state.selection &&
    viewport === state.viewport &&
    responses === state.responses &&
    pins === state.pins &&
    proposal === state.proposal &&
    baseline === state.baseline &&
    samples === state.samples;
  return fits ? state : { ...state, selection, viewport, responses, pins, proposal, baseline, samples };
}

function settleSelection(selection: Selection, has: (node: number) => boolean, nClasses: number): Selection {
  if (selection.kind === "groups") {
    const nodes = selection.nodes.filter(has);
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
