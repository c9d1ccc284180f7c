import { describe, expect, it } from "vitest";
import type { Action } from "../../src/state/actions";
import { reduce } from "../../src/state/reduce";
import { type AppState, initialState } from "../../src/state/state";

function run(...actions: Action[]): AppState {
  return actions.reduce(reduce, initialState);
}

const birds: Action = { type: "selectNodes", nodes: [4] };
const box: Action = { type: "selectCells", rows: { start: 1, stop: 3 }, cols: { start: 0, stop: 2 } };

describe("selection", () => {
  it("selects groups, and keeps the part for the next group", () => {
    const state = run(birds, { type: "selectPart", part: "fn" }, { type: "selectNodes", nodes: [7, 7] });
    expect(state.selection).toEqual({ kind: "groups", nodes: [7], part: "fn" });
    expect(state.responses.nodes).toEqual([7]);
  });

  it("takes a group in and out with add", () => {
    const both = run(birds, { type: "selectNodes", nodes: [9], add: true });
    expect(both.selection).toMatchObject({ nodes: [4, 9] });
    const one = reduce(both, { type: "selectNodes", nodes: [4], add: true });
    expect(one.selection).toMatchObject({ nodes: [9] });
    expect(reduce(one, { type: "selectNodes", nodes: [9], add: true }).selection).toEqual({ kind: "none" });
  });

  it("has parts of groups only", () => {
    const state = run(box);
    expect(reduce(state, { type: "selectPart", part: "fp" })).toBe(state);
  });

  it("collects boxes with add and ignores empty ones", () => {
    const state = run(box, { ...box, add: true });
    expect(state.selection).toMatchObject({ kind: "cells", boxes: [{}, {}] });
    expect(reduce(state, { ...box, rows: { start: 3, stop: 3 } })).toBe(state);
    expect(reduce(state, box).selection).toMatchObject({ boxes: [{ rows: { start: 1, stop: 3 } }] });
  });

  it("looks at a neuron without a new column order", () => {
    const state = run(birds, { type: "selectTop", layer: "conv", neuron: 5 });
    expect(state.selection).toEqual({ kind: "top", layer: "conv", neuron: 5 });
    expect(state.responses).toMatchObject({ layer: "conv", neuron: 5, nodes: [4] });
  });

  it("closes the opened class when something else is selected or nothing", () => {
    const open = run(birds, { type: "samples", samples: { open: 3 } });
    expect(open.samples.open).toBe(3);
    expect(reduce(open, box).samples.open).toBeNull();
    const cleared = reduce(open, { type: "clearSelection" });
    expect(cleared.samples.open).toBeNull();
    expect(cleared.responses.nodes).toEqual([]);
    expect(reduce(cleared, { type: "clearSelection" })).toBe(cleared);
  });
});

describe("order", () => {
  it("takes a pair of cells as one step", () => {
    const rows = { start: 3, stop: 4 };
    const cols = { start: 7, stop: 8 };
    const state = reduce(initialState, { type: "selectCells", rows, cols, mirror: true });
    expect(state.selection).toEqual({
      kind: "cells",
      boxes: [
        { rows, cols },
        { rows: cols, cols: rows },
      ],
    });
  });

  it("drops boxes when the order changes, because they would be other cells", () => {
    const state = run(box);
    expect(reduce(state, { type: "icicle", icicle: { sort: "size" } }).selection.kind).toBe("none");
    expect(reduce(state, { type: "icicle", icicle: { descending: true } }).selection.kind).toBe("none");
    expect(reduce(state, { type: "icicle", icicle: { colour: "f1" } }).selection.kind).toBe("cells");
  });

  it("keeps groups when the order changes", () => {
    expect(run(birds, { type: "icicle", icicle: { sort: "f1" } }).selection.kind).toBe("groups");
  });

  it("starts anew with another hierarchy, whose nodes are others", () => {
    const state = run(
      birds,
      { type: "viewport", viewport: { x0: 0, y0: 0, x1: 4, y1: 4 } },
      {
        type: "hierarchy",
        name: "other",
      },
    );
    expect(state).toMatchObject({ hierarchy: "other", viewport: null, selection: { kind: "none" } });
    expect(state.responses.nodes).toEqual([]);
    expect(reduce(state, { type: "hierarchy", name: "other" })).toBe(state);
  });
});

describe("responses", () => {
  it("forgets neuron, threshold and page with another layer", () => {
    const state = run({ type: "responses", responses: { layer: "a", neuron: 3, threshold: 0.5, page: 64 } });
    expect(state.responses).toMatchObject({ layer: "a", neuron: 3, threshold: 0.5, page: 64 });
    const next = reduce(state, { type: "responses", responses: { layer: "b" } });
    expect(next.responses).toMatchObject({ layer: "b", neuron: null, threshold: null, page: 0 });
  });

  it("goes back to the first page with another order", () => {
    const state = run({ type: "responses", responses: { page: 64 } });
    expect(reduce(state, { type: "responses", responses: { order: "mean" } }).responses.page).toBe(0);
  });

  it("does not colour by a neuron that is gone", () => {
    const state = run(
      { type: "responses", responses: { layer: "a", neuron: 3 } },
      { type: "icicle", icicle: { colour: "neuron" } },
      { type: "responses", responses: { layer: "b" } },
    );
    expect(state.icicle.colour).toBe("recall");
  });
});

describe("the rest", () => {
  it("chooses a result and stops following unless told otherwise", () => {
    expect(run({ type: "result", name: "a" })).toMatchObject({ result: "a", follow: false });
    expect(run({ type: "result", name: "a", follow: true })).toMatchObject({ result: "a", follow: true });
  });

  it("colours by a change since a baseline, which the epochs keep", () => {
    const state = run(
      { type: "change", metric: "f1", baseline: "a" },
      { type: "result", name: "b" },
      { type: "icicle", icicle: { colour: "recall" } },
    );
    expect(state).toMatchObject({ baseline: "a", icicle: { colour: "recall", metric: "f1" } });
    const again = reduce(state, { type: "change" });
    expect(again).toMatchObject({ baseline: "a", icicle: { colour: "change", metric: "f1" } });
    expect(reduce(again, { type: "change", metric: "f1", baseline: "a" })).toBe(again);
    expect(reduce(again, { type: "change", metric: "recall" })).toMatchObject({
      baseline: "a",
      icicle: { metric: "recall" },
    });
  });

  it("merges and resets filters", () => {
    const state = run({ type: "filter", filter: { topK: 5 } }, { type: "filter", filter: { minCount: 3 } });
    expect(state.filter).toMatchObject({ topK: 5, minCount: 3, pPred: [0, 1] });
    expect(reduce(state, { type: "resetFilter" }).filter).toEqual(initialState.filter);
  });

  it("gives back the same state when nothing changes", () => {
    const same: Action[] = [
      { type: "tab", tab: "matrix" },
      { type: "viewport", viewport: null },
      { type: "filter", filter: { topK: 0 } },
      { type: "resetFilter" },
      { type: "encoding", encoding: { scale: "log" } },
      { type: "icicle", icicle: { sort: "hierarchy" } },
      { type: "responses", responses: { order: "relevance" } },
      { type: "samples", samples: { groupBy: "true" } },
      { type: "replace", state: initialState },
    ];
    for (const action of same) expect(reduce(initialState, action)).toBe(initialState);
  });

  it("never changes the state it is given", () => {
    const frozen = deepFreeze(structuredClone(run(birds, { type: "filter", filter: { topK: 1 } })));
    const all: Action[] = [
      { type: "result", name: "x" },
      { type: "hierarchy", name: "x" },
      { type: "tab", tab: "responses" },
      { type: "viewport", viewport: { x0: 0, y0: 0, x1: 1, y1: 1 } },
      { type: "selectNodes", nodes: [1, 2], add: true, part: "tp" },
      { type: "selectPart", part: "fp" },
      box,
      { type: "selectTop", layer: "l", neuron: 1 },
      { type: "clearSelection" },
      { type: "filter", filter: { pPred: [0.1, 0.2] } },
      { type: "resetFilter" },
      { type: "encoding", encoding: { halo: false } },
      { type: "icicle", icicle: { sort: "name" } },
      { type: "responses", responses: { page: 8 } },
      { type: "samples", samples: { side: 32 } },
    ];
    for (const action of all) expect(() => reduce(frozen, deepFreeze(action))).not.toThrow();
  });
});

function deepFreeze<T>(value: T): T {
  if (value && typeof value === "object") Object.values(Object.freeze(value)).forEach(deepFreeze);
  return value;
}

describe("branches", () => {
  const plan = [{ layer: "conv", nodes: [1, 6], weight: 0.3 }];

  it("change with what they select in one step", () => {
    const state = run({ type: "branches", branches: { plan, at: 0 }, select: [6] });
    expect(state.branches).toEqual({ ...initialState.branches, plan });
    expect(state.selection).toMatchObject({ kind: "groups", nodes: [6] });
    expect(reduce(state, { type: "branches", branches: { plan } })).toBe(state);
  });

  it("of another hierarchy are forgotten", () => {
    const state = run({ type: "branches", branches: { plan, tau: 0.5, at: 1 } });
    const other = reduce(state, { type: "hierarchy", name: "wordnet" });
    expect(other.branches).toEqual({ ...initialState.branches, tau: 0.5 });
  });

  it("leave the slider on its axis unless told otherwise", () => {
    const state = run({ type: "result", name: "net-probe-conv", along: "layer" });
    expect(reduce(state, { type: "result", name: "net" }).along).toBe("layer");
    expect(reduce(state, { type: "result", name: "net", along: null }).along).toBeNull();
  });
});
