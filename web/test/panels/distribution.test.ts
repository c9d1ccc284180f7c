import { expect, it } from "vitest";
import { indexCells } from "../../src/core/cells";
import {
  cellBars,
  cellValues,
  countBetween,
  countFrom,
  countInCells,
  heights,
  legendBars,
} from "../../src/panels/filters/distribution";

// (0,0)×300 (0,1)×1 (1,0)×10 (1,2)×1 (2,1)×100
const cells = indexCells(
  Uint16Array.of(0, 0, 1, 1, 2),
  Uint16Array.of(0, 1, 0, 2, 1),
  Int32Array.of(300, 1, 10, 1, 100),
  3,
  412,
);
const values = cellValues(cells, cells.count);

it("counts samples in large enough cells, the diagonal included", () => {
  expect([0, 1, 2, 10, 11, 101, 301].map((low) => countInCells(values, low))).toEqual([
    412, 412, 410, 410, 400, 300, 0,
  ]);
  expect(countInCells(cellValues(cells, new Int32Array(5)), 1)).toBe(0);
});

it("puts cells into bars of the logarithm, the diagonal left out", () => {
  expect([...cellBars(values, 100, 3)]).toEqual([2, 1, 1]);
  expect([...legendBars(values, 100, "log", false, 4)]).toEqual([2, 0, 1, 1]);
  expect([...legendBars(values, 100, "linear", false, 4)]).toEqual([3, 0, 0, 1]);
  expect([...legendBars(values, 300, "linear", true, 3)]).toEqual(
    [3, 1, 1].map((n, at) => (at === 1 ? 0 : at === 0 ? 4 : n)),
  );
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
