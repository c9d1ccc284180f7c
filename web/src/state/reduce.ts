import type { Action } from "./actions";
import { type AppState, type Edit, initialState, type Range, type Selection } from "./state";

/** The only way the state changes. An action that changes nothing gives back the same object. */
export function reduce(state: AppState, action: Action): AppState {
  switch (action.type) {
    case "result":
      return patch(state, {
        result: action.name,
        follow: action.follow ?? false,
        along: action.along === undefined ? state.along : action.along,
      });
    case "hierarchy":
      if (action.name === state.hierarchy) return state;
      return {
        ...state,
        hierarchy: action.name,
        draft: null,
        proposal: null,
        compare: state.compare === action.name ? null : state.compare,
        branches: patch(state.branches, { plan: null, at: 0 }),
        pins: none(state.pins),
        viewport: null,
        selection: state.selection.kind === "top" ? state.selection : { kind: "none" },
        responses: { ...state.responses, nodes: [], page: 0 },
        samples: { ...state.samples, open: null },
      };
    case "tab":
      return patch(state, { tab: action.tab });
    case "tool":
      return patch(state, { tool: action.tool });
    case "viewport":
      return patch(state, { viewport: action.viewport });
    case "selectNodes":
      return selectNodes(state, action);
    case "selectPart":
      if (state.selection.kind !== "groups" || state.selection.part === action.part) return state;
      return select(state, { ...state.selection, part: action.part });
    case "selectCells":
      return selectCells(state, action);
    case "selectLasso":
      if (action.polygon.length < 3) return state;
      return select(state, { kind: "lasso", polygon: action.polygon });
    case "selectTop":
      return {
        ...select(state, { kind: "top", layer: action.layer, neuron: action.neuron }),
        responses: { ...state.responses, layer: action.layer, neuron: action.neuron },
      };
    case "clearSelection":
      if (state.selection.kind === "none") return state;
      return {
        ...select(state, { kind: "none" }),
        responses: patch(state.responses, { nodes: none(state.responses.nodes) }),
      };
    case "filter":
      return patch(state, { filter: patch(state.filter, action.filter) });
    case "resetFilter":
      return patch(state, { filter: patch(state.filter, initialState.filter) });
    case "encoding":
      return patch(state, { encoding: encode(state.encoding, action.encoding) });
    case "icicle":
      return reorder(state, patch(state, { icicle: patch(state.icicle, action.icicle) }));
    case "responses":
      return respond(state, action.responses);
    case "samples":
      return patch(state, { samples: patch(state.samples, action.samples) });
    case "side":
      return patch(state, { side: action.side, workbench: action.workbench ?? state.workbench });
    case "propose":
      return moveLeaves(state, { proposal: action.proposal });
    case "edit":
      return edit(state, action.base, action.edit);
    case "dropDraft":
      return moveLeaves(state, { draft: null, proposal: null });
    case "compare":
      return compare(state, action.hierarchy);
    case "change":
      return patch(state, {
        baseline: action.baseline ?? state.baseline,
        icicle: patch(state.icicle, { colour: "change", metric: action.metric ?? state.icicle.metric }),
      });
    case "baseline":
      return patch(state, { baseline: action.name });
    case "perClass":
      return patch(state, { perClass: action.isOpen });
    case "along":
      return patch(state, { along: action.along });
    case "branches":
      return changeBranches(state, action);
    case "partition":
      return patch(state, { partition: action.partition });
    case "pins":
      return patch(state, { pins: action.nodes });
    case "replace":
      return action.state;
  }
}

function selectNodes(state: AppState, action: Action & { type: "selectNodes" }): AppState {
  const before = state.selection.kind === "groups" ? state.selection : null;
  const nodes = action.add && before ? toggle(before.nodes, action.nodes) : unique(action.nodes);
  if (nodes.length === 0) return reduce(state, { type: "clearSelection" });
  const selection: Selection = { kind: "groups", nodes, part: action.part ?? before?.part ?? "both" };
  return {
    ...select(state, selection),
    responses: {
      ...state.responses,
      nodes,
      page: state.responses.order === "relevance" ? 0 : state.responses.page,
    },
  };
}

function changeBranches(state: AppState, { branches, select }: Action & { type: "branches" }): AppState {
  const changed = patch(state, { branches: patch(state.branches, branches) });
  return select ? reduce(changed, { type: "selectNodes", nodes: select }) : changed;
}

function selectCells(state: AppState, action: Action & { type: "selectCells" }): AppState {
  const box = { rows: action.rows, cols: action.cols };
  if (isEmpty(box.rows) || isEmpty(box.cols)) return state;
  const before = action.add && state.selection.kind === "cells" ? state.selection.boxes : [];
  const mirrored = action.mirror ? [{ rows: box.cols, cols: box.rows }] : [];
  return select(state, { kind: "cells", boxes: [...before, box, ...mirrored] });
}

/** A new selection closes what was open in the sample viewer. */
function select(state: AppState, selection: Selection): AppState {
  return { ...state, selection, samples: patch(state.samples, { open: null }) };
}

/** A frozen scale is in the unit of its value. */
function encode(before: AppState["encoding"], change: Partial<AppState["encoding"]>): AppState["encoding"] {
  const isOther = change.value !== undefined && change.value !== before.value;
  return patch(before, isOther ? { frozenMax: null, frozenMin: null, ...change } : change);
}

function edit(state: AppState, base: string, added: Edit): AppState {
  const edits = state.draft?.base === base ? state.draft.edits : [];
  const draft = { base, edits: [...edits, added] };
  return added.kind === "rename"
    ? { ...state, draft, proposal: null }
    : moveLeaves(state, { draft, proposal: null });
}

/** Change the tree; boxes and lassos are in leaf units, so they would become other cells. */
function moveLeaves(state: AppState, change: Partial<Pick<AppState, "draft" | "proposal">>): AppState {
  const changed = patch<AppState>(state, change);
  if (changed === state || !inLeafUnits(state.selection)) return changed;
  return select(changed, { kind: "none" });
}

function compare(state: AppState, hierarchy: string | null): AppState {
  const other = hierarchy === state.hierarchy ? null : hierarchy;
  const icicle =
    other === null && state.icicle.colour === "agreement"
      ? { ...state.icicle, colour: initialState.icicle.colour }
      : state.icicle;
  return patch(state, { compare: other, icicle });
}

function inLeafUnits(selection: Selection): boolean {
  return selection.kind === "cells" || selection.kind === "lasso";
}

/** Boxes are in leaf units, so a new order would make them other cells. */
function reorder(before: AppState, after: AppState): AppState {
  const same =
    before.icicle.sort === after.icicle.sort && before.icicle.descending === after.icicle.descending;
  if (same || !inLeafUnits(after.selection)) return after;
  return select(after, { kind: "none" });
}

function respond(state: AppState, change: Partial<AppState["responses"]>): AppState {
  const changed = patch(state.responses, change);
  if (changed === state.responses) return state;
  const newLayer = changed.layer !== state.responses.layer;
  const newOrder = changed.order !== state.responses.order;
  const responses = {
    ...changed,
    page: newLayer || newOrder ? (change.page ?? 0) : changed.page,
    neuron: newLayer ? (change.neuron ?? null) : changed.neuron,
    threshold: newLayer ? (change.threshold ?? null) : changed.threshold,
  };
  const icicle =
    responses.neuron === null && state.icicle.colour === "neuron"
      ? { ...state.icicle, colour: initialState.icicle.colour }
      : state.icicle;
  return { ...state, responses, icicle };
}

function patch<T extends object>(before: T, change: Partial<T>): T {
  const keys = Object.keys(change) as (keyof T)[];
  return keys.every((key) => Object.is(before[key], change[key])) ? before : { ...before, ...change };
}

function unique(nodes: readonly number[]): readonly number[] {
  return [...new Set(nodes)];
}

function none(nodes: readonly number[]): readonly number[] {
  return nodes.length === 0 ? nodes : [];
}

/** Shift-click: take `nodes` in, or out when all of them are in. */
function toggle(before: readonly number[], nodes: readonly number[]): readonly number[] {
  if (nodes.every((node) => before.includes(node))) return before.filter((node) => !nodes.includes(node));
  return unique([...before, ...nodes]);
}

function isEmpty(range: Range): boolean {
  return !(range.stop > range.start);
}
