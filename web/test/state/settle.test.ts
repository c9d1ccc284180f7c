import { expect, it } from "vitest";
import { settle } from "../../src/state/settle";
import { type AppState, initialState } from "../../src/state/state";

const results = [{ name: "net-1" }, { name: "net-2" }];
const extent = { nodeOfWire: Int32Array.of(0, 1, 2, 3, 4, 5, 6), nClasses: 4, results };

it("leaves a state that fits as it is", () => {
  const state: AppState = { ...initialState, selection: { kind: "groups", nodes: [6], part: "tp" } };
  expect(settle(state, extent)).toBe(state);
});

it("drops nodes, boxes and classes that are not there", () => {
  const range = (start: number, stop: number) => ({ start, stop });
  const groups = settle(
    {
      ...initialState,
      selection: { kind: "groups", nodes: [2, 7], part: "fn" },
      responses: { ...initialState.responses, nodes: [9, 1] },
      samples: { ...initialState.samples, open: 4 },
    },
    extent,
  );
  expect(groups.selection).toEqual({ kind: "groups", nodes: [2], part: "fn" });
  expect(groups.responses.nodes).toEqual([1]);
  expect(groups.samples.open).toBeNull();
  const boxes = [
    { rows: range(0, 5), cols: range(0, 1) },
    { rows: range(0, 4), cols: range(2, 4) },
  ];
  expect(settle({ ...initialState, selection: { kind: "cells", boxes } }, extent).selection).toEqual({
    kind: "cells",
    boxes: [boxes[1]],
  });
  expect(
    settle({ ...initialState, selection: { kind: "groups", nodes: [70], part: "fn" } }, extent).selection,
  ).toEqual({ kind: "none" });
});

it("shows everything when the viewport lies elsewhere", () => {
  const viewport = { x0: 10, y0: 0, x1: 14, y1: 4 };
  expect(settle({ ...initialState, viewport }, extent).viewport).toBeNull();
});

it("drops what edits took away", () => {
  const gone = { nodeOfWire: Int32Array.of(0, 1, -1, 2, 3, 4), nClasses: 4, results };
  const proposal = { node: 2, method: "olo", source: "confusions", seed: 0 } as const;
  const settled = settle({ ...initialState, pins: [1, 2, 5], proposal }, gone);
  expect(settled.pins).toEqual([1, 5]);
  expect(settled.proposal).toBeNull();
});

it("drops a baseline that the study does not have", () => {
  const known: AppState = { ...initialState, baseline: "net-1" };
  expect(settle(known, extent)).toBe(known);
  expect(settle({ ...known, baseline: "net-9" }, extent)).toEqual({ ...known, baseline: null });
});
