import { describe, expect, it } from "vitest";
import { hasBit } from "../../src/core/bits";
import { applyFilter, isBounded, rowsBeyondRank, rowsInRange } from "../../src/core/filter";
import { randomNumbers } from "../gallery/synthetic";
import { cellsOf, coreCases, filterOf, rowsOf, workedExample } from "./fixtures";

describe.each(coreCases)("filters of $name", (fixture) => {
  it.each(fixture.filters)("counts as core does: $filter", ({ filter, count, n_kept, shown, n_shown }) => {
    const cells = cellsOf(fixture);
    const filtered = applyFilter(cells, rowsOf(fixture), filterOf(filter), null);
    expect([...filtered.count]).toEqual(count);
    expect(filtered.nShown).toBe(n_kept);
    const mapped = [...filtered.count].map((n) => (n >= filter.minCount ? n : 0));
    expect(mapped).toEqual(shown);
    expect(mapped.reduce((sum, n) => sum + n, 0)).toBe(n_shown);
    const kept = Array.from({ length: fixture.n_samples }, (_, row) => hasBit(filtered.keep, row));
    expect(kept.filter(Boolean)).toHaveLength(n_kept);
    count.forEach((n, cell) => {
      const ofCell = kept.slice(cells.rowStart[cell], cells.rowStart[cell + 1]);
      expect(ofCell.filter(Boolean)).toHaveLength(n);
    });
  });
});

describe("sets of rows", () => {
  it.each([0, 1, 3, 31, 32, 33, 64, 95, 1000])("hold each of %i rows by its own value", (nRows) => {
    const random = randomNumbers(nRows + 1);
    const values = Float32Array.from({ length: nRows }, () => (random() < 0.1 ? Number.NaN : random()));
    const rank = Int16Array.from({ length: nRows }, () => Math.floor(random() * 8) - 1);
    const inRange = rowsInRange(values, 0.25, 0.75);
    const { cells } = workedExample();
    const beyond = rowsBeyondRank(cells, rank, 3);
    for (let row = 0; row < nRows; row++) {
      expect(hasBit(inRange, row)).toBe(values[row] >= 0.25 && values[row] <= 0.75);
      expect(hasBit(beyond, row)).toBe(rank[row] >= 3);
    }
    expect(hasBit(inRange, nRows)).toBe(false);
  });
});

describe("applyFilter", () => {
  const { cells, rows } = workedExample();

  it("gives back the cells' own counts when no filter is set", () => {
    const filtered = applyFilter(cells, rows, filterOf({}), null);
    expect(filtered.count).toBe(cells.count);
    expect(filtered.keep).toBeNull();
  });

  it("shows all errors for k = 1 without rows and without ranks", () => {
    const unknown = { ...rows, trueRank: rows.trueRank.slice().fill(-1) };
    for (const given of [null, unknown, rows]) {
      const filtered = applyFilter(cells, given, filterOf({ topK: 1 }), null);
      expect(filtered.nShown).toBe(11);
      expect([...filtered.count]).toEqual([0, 2, 1, 1, 0, 1, 1, 0, 2, 3, 0]);
    }
  });

  it("keeps everything while the rows of a filter have not arrived", () => {
    expect(applyFilter(cells, null, filterOf({ pPred: [0.9, 1] }), null).nShown).toBe(34);
  });

  it("compares bounds as float32 and includes them", () => {
    const pPred = Float32Array.from({ length: 34 }, () => 0.1);
    const kept = (range: readonly [number, number]) =>
      applyFilter(cells, { ...rows, pPred }, filterOf({ pPred: range }), null).nShown;
    expect(kept([0.1, 1])).toBe(34);
    expect(kept([0, 0.1])).toBe(34);
    expect(kept([0.1, 0.1])).toBe(34);
    expect(kept([0.1000001, 1])).toBe(0);
  });

  it("passes NaN in the full range only", () => {
    const pTrue = new Float32Array(34).fill(Number.NaN);
    const kept = (range: readonly [number, number]) =>
      applyFilter(cells, { ...rows, pTrue }, filterOf({ pTrue: range }), null).nShown;
    expect(kept([0, 1])).toBe(34);
    expect(kept([0, 0.99])).toBe(0);
    expect(kept([0.01, 1])).toBe(0);
    expect(isBounded([0, 1])).toBe(false);
  });

  it("keeps samples that activate a neuron, once its responses are there", () => {
    const activation = Float32Array.from({ length: 34 }, (_, row) => row / 10);
    const filter = filterOf({ activation: { layer: "conv", neuron: 0, min: 3 } });
    expect(applyFilter(cells, rows, filter, activation).nShown).toBe(4);
    expect(applyFilter(cells, rows, filter, null).nShown).toBe(34);
  });

  it("top-k error does not grow with k", () => {
    const shown = [0, 1, 2, 3, 5].map((topK) => applyFilter(cells, rows, filterOf({ topK }), null).nShown);
    expect([...shown].sort((a, b) => b - a)).toEqual(shown);
  });
});
