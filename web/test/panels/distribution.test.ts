import { expect, it } from "vitest";
import { classTotals, indexCells } from "../../src/core/cells";
import { makeScale, type Scale } from "../../src/core/scale";
import { mapCells } from "../../src/core/values";
import {
  cellBars,
  cellValues,
  countBetween,
  countFrom,
  countInCells,
  heights,
  legendBars,
} from "../../src/panels/filters/distribution";
import type { CellValue } from "../../src/state/state";

// (0,0)×300 (0,1)×1 (1,0)×10 (1,2)×1 (2,1)×100
const cells = indexCells(
  Uint16Array.of(0, 0, 1, 1, 2),
  Uint16Array.of(0, 1, 0, 2, 1),
  Int32Array.of(300, 1, 10, 1, 100),
  3,
  412,
);
const values = cellValues(cells, cells.count);

function bars(
  kind: CellValue,
  scale: Scale["kind"],
  diagonal: boolean,
  bins: number,
  minCount = 1,
): number[] {
  const totals = () => classTotals(cells, cells.count);
  const mapped = mapCells(cells, cells.count, totals, kind, minCount, diagonal);
  return [...legendBars(mapped, values, makeScale(mapped, scale, diagonal, null, null), diagonal, bins)];
}

it("counts samples in large enough cells, the diagonal included", () => {
  expect([0, 1, 2, 10, 11, 101, 301].map((low) => countInCells(values, low))).toEqual([
    412, 412, 410, 410, 400, 300, 0,
  ]);
  expect(countInCells(cellValues(cells, new Int32Array(5)), 1)).toBe(0);
});

it("puts cells into bars of the logarithm, the diagonal left out", () => {
  expect([...cellBars(values, 100, 3)]).toEqual([2, 1, 1]);
  expect(bars("count", "log", false, 4)).toEqual([2, 0, 1, 1]);
  expect(bars("count", "linear", false, 4)).toEqual([3, 0, 0, 1]);
  expect(bars("count", "linear", true, 3)).toEqual([4, 0, 1]);
  expect(bars("count", "rank", false, 3)).toEqual([2, 0, 2]);
});

it("puts rates where the colours are, and only those that are shown", () => {
  // 1 of 301, 10 and 1 of 11, 100 of 100.
  expect(bars("row", "linear", false, 4)).toEqual([2, 0, 0, 2]);
  expect(bars("row", "log", false, 2)).toEqual([1, 3]);
  expect(bars("row", "linear", false, 4, 10)).toEqual([1, 0, 0, 1]);
  expect(bars("count", "linear", false, 4, 10)).toEqual([1, 0, 0, 1]);
});

it("compares as float32; the full range passes what is unknown", () => {
  const p = Float32Array.of(0.1, 0.5, 0.9, Number.NaN);
  expect(countBetween(p, [0, 1])).toBe(4);
  expect(countBetween(p, [0.1, 0.9])).toBe(3);
  expect(countBetween(p, [0.2, 1])).toBe(2);
  expect(countFrom(p, 0.9)).toBe(1);
});

it("keeps small bars visible and empty ones flat", () => {
  expect(heights(Float64Array.of(0, 1, 4))).toEqual([0, 0.5, 1]);
  expect(heights(new Float64Array(2))).toEqual([0, 0]);
});
