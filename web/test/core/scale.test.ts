import { describe, expect, it } from "vitest";
import { classTotals, indexCells } from "../../src/core/cells";
import { makeScale, type Scale } from "../../src/core/scale";
import { isMapped, type Mapped, mapCells } from "../../src/core/values";
import type { CellValue } from "../../src/state/state";
import { syntheticStudy } from "../gallery/synthetic";

/** Off-diagonal cells of one row with these counts. */
function mappedOf(counts: readonly number[], kind: CellValue = "count", nTrue = 0): Mapped {
  const n = counts.length;
  const total = counts.reduce((a, b) => a + b, 0);
  const cells = indexCells(
    Uint16Array.from({ length: n + 1 }, () => 0),
    Uint16Array.from({ length: n + 1 }, (_, i) => i),
    Int32Array.of(nTrue - total, ...counts),
    n + 1,
    nTrue,
  );
  return mapCells(cells, cells.count, () => classTotals(cells, cells.count), kind, 1, false);
}

const scaled = (mapped: Mapped, kind: Scale["kind"], low: number | null = null, high: number | null = null) =>
  makeScale(mapped, kind, false, low, high);

// METHODS §7.1.
const example = [
  [1, 0, 0],
  [2, 0.010101, 0.150515],
  [10, 0.090909, 0.5],
  [50, 0.494949, 0.849485],
  [100, 1, 1],
] as const;

describe("counts", () => {
  const mapped = mappedOf([1, 2, 10, 50, 100], "count", 163);

  it.each(example)("places %i of 100", (value, linear, log) => {
    expect(scaled(mapped, "linear").position(value)).toBeCloseTo(linear, 6);
    expect(scaled(mapped, "log").position(value)).toBeCloseTo(log, 6);
  });

  it("is light for every cell when the maximum is 1, and full above a frozen maximum", () => {
    const ones = mappedOf([1, 1], "count", 2);
    expect(scaled(ones, "log").position(1)).toBe(0);
    expect(scaled(ones, "linear").position(1)).toBe(0);
    expect(scaled(ones, "linear", null, 1).position(5)).toBe(1);
    expect(scaled(mapped, "log", null, 50).position(100)).toBe(1);
    expect(scaled(mapped, "log", null, 200).position(100)).toBeCloseTo(Math.log(100) / Math.log(200), 12);
  });
});

describe("rates", () => {
  // The worked example as shares of 1000 samples: the smallest positive rate stands in for 1.
  const mapped = mappedOf([1, 2, 10, 50, 100], "row", 1000);

  it.each(example)("places %i of 1000", (value, linear, log) => {
    expect(scaled(mapped, "linear").position(value / 1000)).toBeCloseTo(linear, 6);
    expect(scaled(mapped, "log").position(value / 1000)).toBeCloseTo(log, 6);
  });

  it("keeps both ends frozen", () => {
    const other = mappedOf([5, 20], "row", 1000);
    for (const kind of ["linear", "log"] as const) {
      const frozen = scaled(other, kind, 0.001, 0.1);
      expect(frozen.position(0.02)).toBeCloseTo(scaled(mapped, kind).position(0.02), 12);
      expect([frozen.least, frozen.largest]).toEqual([0.001, 0.1]);
    }
  });

  it("has no NaN when nothing is mapped", () => {
    const none = mappedOf([], "row", 10);
    for (const kind of ["linear", "log", "rank"] as const) {
      for (const high of [null, 0.5]) {
        const scale = scaled(none, kind, null, high);
        for (const t of [0, 0.5, 1]) expect(scale.valueAt(t)).not.toBeNaN();
      }
    }
  });
});

describe.each(["count", "row", "pair"] as const)("ranks of %s", (kind) => {
  const { cells } = syntheticStudy(50, 4000, 9);
  const mapped = mapCells(cells, cells.count, () => classTotals(cells, cells.count), kind, 1, true);
  const scale = makeScale(mapped, "rank", true, null, 0.5);
  const shown = Array.from(mapped.value).filter((_, at) => isMapped(mapped, at, true));
  const sorted = [...shown].sort((a, b) => a - b);

  it("go by how many cells are smaller; equal values share the lowest rank", () => {
    const reach = sorted.indexOf(sorted[sorted.length - 1]);
    for (const value of new Set(shown)) {
      expect(scale.position(value)).toBeCloseTo(sorted.indexOf(value) / reach, 12);
    }
    expect(scale.position(sorted[0])).toBe(0);
    expect(scale.position(sorted[sorted.length - 1])).toBe(1);
  });

  it("find the value at a rank", () => {
    for (const value of new Set(shown)) expect(scale.valueAt(scale.position(value))).toBe(value);
  });
});

it("gives equal values the light end in every scale", () => {
  for (const kind of ["linear", "log", "rank"] as const) {
    expect(scaled(mappedOf([7, 7, 7], "row", 100), kind).position(0.07)).toBe(0);
  }
});

it("turns positions into values and back", () => {
  const mapped = mappedOf([1, 2, 10, 50, 100], "count", 163);
  for (const kind of ["linear", "log"] as const) {
    const scale = scaled(mapped, kind);
    for (const t of [0, 0.25, 0.5, 1]) expect(scale.position(scale.valueAt(t))).toBeCloseTo(t, 12);
  }
});
