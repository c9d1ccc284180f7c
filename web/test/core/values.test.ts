import { describe, expect, it } from "vitest";
import { classTotals, indexCells } from "../../src/core/cells";
import type { CellIndex } from "../../src/core/data";
import { applyFilter } from "../../src/core/filter";
import { groupMetrics } from "../../src/core/metrics";
import { cellValue, isMapped, mapCells } from "../../src/core/values";
import type { CellValue } from "../../src/state/state";
import { syntheticStudy } from "../gallery/synthetic";
import { filterOf } from "./fixtures";

const study = syntheticStudy(60, 3000, 4);

function dense(cells: CellIndex, count: Int32Array): number[][] {
  const m = Array.from({ length: cells.nClasses }, () => new Array<number>(cells.nClasses).fill(0));
  for (let j = 0; j < count.length; j++) m[cells.true[j]][cells.pred[j]] = count[j];
  return m;
}

const sum = (values: readonly number[]) => values.reduce((a, b) => a + b, 0);

/** METHODS' rates by brute force: rows of `all` divide what `kept` leaves. */
function expected(kind: CellValue, kept: number[][], all: number[][], t: number, p: number): number {
  const rowTotal = (c: number) => sum(all[c]);
  const colTotal = sum(all.map((row) => row[p]));
  const over = (n: number, total: number) => (total === 0 ? Number.NaN : n / total);
  if (kind === "count") return kept[t][p];
  if (kind === "row") return over(kept[t][p], rowTotal(t));
  if (kind === "column") return over(kept[t][p], colTotal);
  return (over(kept[t][p], rowTotal(t)) + over(kept[p][t], rowTotal(p))) / 2;
}

describe.each(["count", "row", "column", "pair"] as const)("%s", (kind) => {
  it.each([
    ["unfiltered", {}, 1],
    ["top-1 errors", { topK: 1 }, 1],
    ["sure samples", { pPred: [0.6, 1] as const }, 1],
    ["large cells", { topK: 1 }, 3],
  ] as const)("is what brute force gives: %s", (_, filter, minCount) => {
    const { cells, rows } = study;
    const base = applyFilter(cells, rows, filterOf({ ...filter, topK: 0 }), null).count;
    const kept = applyFilter(cells, rows, filterOf(filter), null).count;
    const mapped = mapCells(cells, kept, () => classTotals(cells, base), kind, minCount, false);
    const counts = dense(cells, kept).map((row) => row.map((n) => (n >= minCount ? n : 0)));
    const all = dense(cells, base);
    let largest = 0;
    let least = Number.POSITIVE_INFINITY;
    let nMapped = 0;
    for (let t = 0; t < 60; t++) {
      for (let p = 0; p < 60; p++) {
        const value = expected(kind, counts, all, t, p);
        const found = cellValue(mapped, t, p);
        if (Number.isNaN(value)) expect(found).toBeNaN();
        else expect(found).toBeCloseTo(value, 12);
        if (t === p || !(value > 0)) continue;
        largest = Math.max(largest, value);
        least = Math.min(least, value);
        nMapped++;
      }
    }
    expect(mapped.largest).toBeCloseTo(largest, 12);
    expect(mapped.least).toBeCloseTo(kind === "count" ? 1 : least, 12);
    const shown = Array.from(mapped.pattern.true, (_, at) => isMapped(mapped, at, false));
    expect(shown.filter(Boolean)).toHaveLength(nMapped);
  });
});

it("divides by what the metrics of classes divide by", () => {
  const { tree, cells, rows } = study;
  const base = applyFilter(cells, rows, filterOf({ pPred: [0.3, 1] }), null).count;
  const groups = groupMetrics(tree, cells, base);
  const row = mapCells(cells, base, () => classTotals(cells, base), "row", 1, true);
  const column = mapCells(cells, base, () => classTotals(cells, base), "column", 1, true);
  for (let c = 0; c < 60; c++) {
    const node = tree.nodeOfLeaf[tree.leafOfClass[c]];
    if (Number.isNaN(groups.recall[node])) expect(cellValue(row, c, c)).toBeNaN();
    else expect(cellValue(row, c, c)).toBeCloseTo(groups.recall[node], 12);
    if (!Number.isNaN(groups.precision[node]))
      expect(cellValue(column, c, c)).toBeCloseTo(groups.precision[node], 12);
  }
});

it("tells where rates are undefined", () => {
  // No sample is of class 1, none is predicted as class 2.
  const cells = indexCells(Uint16Array.of(0, 0, 2), Uint16Array.of(0, 1, 0), Int32Array.of(5, 3, 2), 3, 10);
  const map = (kind: CellValue) =>
    mapCells(cells, cells.count, () => classTotals(cells, cells.count), kind, 1, false);
  expect([...(map("row").undefinedRow ?? [])]).toEqual([0, 1, 0]);
  expect(map("row").undefinedCol).toBeNull();
  expect([...(map("column").undefinedCol ?? [])]).toEqual([0, 0, 1]);
  expect([...(map("pair").undefinedRow ?? [])]).toEqual([0, 1, 0]);
  expect([...(map("pair").undefinedCol ?? [])]).toEqual([0, 1, 0]);
  expect(cellValue(map("pair"), 0, 1)).toBeNaN();
  expect(cellValue(map("pair"), 0, 2)).toBe(0.5);
  expect(map("count").undefinedRow).toBeNull();
});

it("asks for no totals while counts are shown, and has ends when nothing is mapped", () => {
  const never = () => {
    throw new Error("counts need no totals");
  };
  const { cells } = study;
  expect(mapCells(cells, cells.count, never, "count", 1, true).value).toBe(cells.count);
  const none = new Int32Array(cells.count.length);
  const totals = () => classTotals(cells, none);
  expect(mapCells(cells, none, totals, "count", 1, true)).toMatchObject({ least: 1, largest: 1 });
  expect(mapCells(cells, none, totals, "row", 1, true)).toMatchObject({ least: 0, largest: 0 });
});
