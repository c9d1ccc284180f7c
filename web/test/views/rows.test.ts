import { describe, expect, it } from "vitest";
import { axis, visibleRect } from "../../src/layout/frame";
import type { Model, ViewContext } from "../../src/model";
import type { Action } from "../../src/state/actions";
import { cell } from "../../src/state/cell";
import { initialState, type Rect } from "../../src/state/state";
import { panRows, rowsOf, selectedRows, showLeaves, zoomRows } from "../../src/views/rows";
import { syntheticStudy } from "../gallery/synthetic";

const { tree, cells } = syntheticStudy(100, 200);

function modelAt(viewport: Rect | null): Model {
  return { tree, cells, state: { ...initialState, viewport } } as unknown as Model;
}

function viewportsOf(act: (ctx: ViewContext) => void): (Rect | null)[] {
  const actions: Action[] = [];
  act({ dispatch: (action) => actions.push(action), hover: cell(null), pointer: cell(null) } as ViewContext);
  return actions.map((action) => {
    expect(action.type).toBe("viewport");
    return action.type === "viewport" ? action.viewport : null;
  });
}

describe("zoomRows", () => {
  it("takes the columns along while the matrix shows its diagonal", () => {
    const rows = axis(0, 100, 500, 100);
    const [next] = viewportsOf((ctx) => zoomRows(ctx, modelAt(null), 0.5, rows, 250));
    expect(next).toEqual({ x0: 25, y0: 25, x1: 75, y1: 75 });
  });

  it("keeps the middle of the columns off the diagonal", () => {
    const rect = { x0: 40, y0: 0, x1: 60, y1: 20 };
    const rows = axis(0, 20, 200, 100);
    const [next] = viewportsOf((ctx) => zoomRows(ctx, modelAt(rect), 0.5, rows, 0));
    expect(next).toEqual({ x0: 45, y0: 0, x1: 55, y1: 10 });
  });

  it("says nothing when everything is shown already", () => {
    const rows = axis(0, 100, 500, 100);
    expect(viewportsOf((ctx) => zoomRows(ctx, modelAt(null), 2, rows, 10))).toEqual([]);
  });
});

describe("panRows", () => {
  it("moves along the diagonal, and only the rows off it", () => {
    const on = viewportsOf((ctx) => panRows(ctx, modelAt({ x0: 10, y0: 10, x1: 30, y1: 30 }), 5));
    expect(on).toEqual([{ x0: 15, y0: 15, x1: 35, y1: 35 }]);
    const off = viewportsOf((ctx) => panRows(ctx, modelAt({ x0: 50, y0: 10, x1: 70, y1: 30 }), 5));
    expect(off).toEqual([{ x0: 50, y0: 15, x1: 70, y1: 35 }]);
    expect(viewportsOf((ctx) => panRows(ctx, modelAt(null), 5))).toEqual([]);
  });
});

describe("showLeaves", () => {
  const rect = { x0: 40, y0: 40, x1: 60, y1: 60 };

  it("moves as little as needed", () => {
    expect(viewportsOf((ctx) => showLeaves(ctx, modelAt(rect), 45, 50))).toEqual([]);
    expect(viewportsOf((ctx) => showLeaves(ctx, modelAt(rect), 58, 63))[0]?.y1).toBe(63);
    expect(viewportsOf((ctx) => showLeaves(ctx, modelAt(rect), 10, 12))[0]?.y0).toBe(10);
  });

  it("does not move for a group larger than the view that is in it", () => {
    expect(viewportsOf((ctx) => showLeaves(ctx, modelAt(rect), 0, 100))).toEqual([]);
    expect(viewportsOf((ctx) => showLeaves(ctx, modelAt(rect), 70, 95))[0]?.y0).toBe(70);
  });
});

it("names the rows of a selection", () => {
  const model = modelAt(null);
  const boxes = [{ rows: { start: 2, stop: 4 }, cols: { start: 0, stop: 1 } }];
  expect(selectedRows(model)).toEqual([]);
  expect(selectedRows({ ...model, state: { ...model.state, selection: { kind: "cells", boxes } } })).toEqual([
    { start: 2, stop: 4 },
  ]);
  const groups = { kind: "groups", nodes: [0], part: "tp" } as const;
  expect(selectedRows({ ...model, state: { ...model.state, selection: groups } })).toEqual([
    { start: 0, stop: 100 },
  ]);
});

it("shows the rows of the viewport in the plot", () => {
  const plot = { x: 0, y: 0, width: 10, height: 400 };
  expect(rowsOf(modelAt(null), plot)).toEqual(axis(0, 100, 400, 100));
  expect(visibleRect(null, 100)).toEqual({ x0: 0, y0: 0, x1: 100, y1: 100 });
});
