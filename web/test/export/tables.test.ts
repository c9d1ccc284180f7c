import { describe, expect, it } from "vitest";
import { classTotals, findCell } from "../../src/core/cells";
import { chosenCells } from "../../src/core/select";
import { listTable, mostFields, regionTable, selectionTable, viewRegion } from "../../src/export/tables";
import type { Model } from "../../src/model";
import type { AppState, Encoding } from "../../src/state/state";
import { initialState } from "../../src/state/state";
import { stage } from "../gallery/stage";
import { syntheticStudy } from "../gallery/synthetic";

const made = syntheticStudy(30, 1500, 2);
const unique = made.classes.name.map((name, c) => `${name} ${c}`);
const study = { ...made, classes: { name: unique, short: unique, key: unique } };

function modelOf(state: Partial<AppState>, encoding: Partial<Encoding> = {}): Model {
  const whole = { ...state, encoding: { ...initialState.encoding, ...encoding } };
  return stage(study, { dark: false, responses: null, state: whole }).model();
}

const box = (r0: number, r1: number, c0: number, c1: number) => ({
  rows: { start: r0, stop: r1 },
  cols: { start: c0, stop: c1 },
});

describe("regions", () => {
  it("hold every count in leaf order, with names at both sides", () => {
    const model = modelOf({}, { diagonal: true });
    const { tree, cells, classes } = model;
    const { header, rows } = regionTable(model, box(3, 12, 5, 20));
    expect(header).toHaveLength(16);
    expect(rows).toHaveLength(9);
    rows.forEach(([name, ...values], at) => {
      const t = tree.classOfLeaf[3 + at];
      expect(name).toBe(classes.name[t]);
      values.forEach((value, col) => {
        const p = tree.classOfLeaf[5 + col];
        expect(header[1 + col]).toBe(classes.name[p]);
        const cell = findCell(cells, t, p);
        expect(value).toBe(cell < 0 ? 0 : cells.count[cell]);
      });
    });
  });

  it("leave the diagonal empty while it is hidden, and hold what the cells show", () => {
    const model = modelOf({ filter: { ...initialState.filter, minCount: 3 } }, { value: "row" });
    const { byTrue } = classTotals(study.cells, study.cells.count);
    const { header, rows } = regionTable(model, box(0, 30, 0, 30));
    expect(header[0]).toBe("true \\ predicted, share of the true class");
    for (let row = 0; row < 30; row++) {
      for (let col = 0; col < 30; col++) {
        const [t, p] = [study.tree.classOfLeaf[row], study.tree.classOfLeaf[col]];
        const cell = findCell(study.cells, t, p);
        const n = cell < 0 || study.cells.count[cell] < 3 ? 0 : study.cells.count[cell];
        if (row === col) expect(rows[row][1 + col]).toBe("");
        else expect(rows[row][1 + col]).toBeCloseTo(n / byTrue[t], 8);
      }
    }
  });

  it("are lists where there would be too many fields", () => {
    const { tree, classes } = modelOf({});
    const n = Math.ceil(Math.sqrt(mostFields)) + 1;
    const model = { ...modelOf({}), tree, classes };
    expect(regionTable(model, box(0, n, 0, n)).header[0]).toBe("true");
  });
});

describe("selections", () => {
  it("are lists of their cells, with rates, in leaf order", () => {
    const polygon = [
      [2, 1],
      [25, 3],
      [20, 28],
      [1, 22],
    ] as const;
    const model = modelOf({ selection: { kind: "lasso", polygon } });
    const { tree, cells, groups, classes, state } = model;
    const chosen = chosenCells(state.selection, tree, cells, false) as Uint8Array;
    const table = selectionTable(model);
    expect(table?.rows).toHaveLength(chosen.reduce((n, one) => n + one, 0));
    const leaves = table?.rows.map(([t, p, n, row, col]) => {
      const trueClass = classes.name.indexOf(String(t));
      const predClass = classes.name.indexOf(String(p));
      const leaf = tree.leafOfClass[trueClass];
      const node = tree.nodeOfLeaf[leaf];
      expect(n).toBe(cells.count[findCell(cells, trueClass, predClass)]);
      expect(row).toBeCloseTo(Number(n) / (groups.tp[node] + groups.fn[node]), 8);
      expect(Number(col)).toBeGreaterThan(0);
      return leaf;
    });
    expect(leaves).toEqual([...(leaves ?? [])].sort((a, b) => a - b));
  });

  it("are a matrix for one box, a line for one cell, nothing for none", () => {
    const cells = (one: ReturnType<typeof box>): Partial<AppState> => ({
      selection: { kind: "cells", boxes: [one] },
    });
    expect(selectionTable(modelOf(cells(box(2, 6, 8, 10))))?.rows).toHaveLength(4);
    const at = study.cells.true.findIndex((t, j) => t !== study.cells.pred[j]);
    const row = study.tree.leafOfClass[study.cells.true[at]];
    const col = study.tree.leafOfClass[study.cells.pred[at]];
    const one = selectionTable(modelOf(cells(box(row, row + 1, col, col + 1))));
    expect(one?.rows.map(([, , n]) => n)).toEqual([study.cells.count[at]]);
    expect(selectionTable(modelOf({}))).toBeNull();
  });
});

it("takes the cells that are at least partly in view", () => {
  expect(viewRegion(modelOf({ viewport: { x0: 2.5, y0: 4, x1: 7.5, y1: 9 } }))).toEqual(box(4, 9, 2, 8));
  expect(viewRegion(modelOf({}))).toEqual(box(0, 30, 0, 30));
});

it("leaves out of lists what the filter of cells hides", () => {
  const all = listTable(modelOf({}), () => true).rows;
  const large = listTable(modelOf({ filter: { ...initialState.filter, minCount: 4 } }), () => true).rows;
  expect(large).toEqual(all.filter(([, , n]) => Number(n) >= 4));
  expect(large.length).toBeGreaterThan(0);
});
