import { describe, expect, it } from "vitest";
import { differenceEstimate, excludesZero, f1Estimate, rateEstimate } from "../../src/core/interval";

const close = (
  found: { value: number; low: number; high: number },
  expected: readonly number[],
  digits = 4,
) =>
  [found.value, found.low, found.high].forEach((one, at) => {
    expect(one).toBeCloseTo(expected[at] as number, digits);
  });

describe("difference of two rates", () => {
  // Newcombe 1998, table II: the examples of method 10.
  it.each([
    [56, 70, 48, 80, 0.2, 0.0524, 0.3339],
    [9, 10, 3, 10, 0.6, 0.1705, 0.809],
    [6, 7, 2, 7, 0.5714, 0.0582, 0.8062],
    [5, 56, 0, 29, 0.0893, -0.0381, 0.1926],
    [0, 10, 0, 20, 0, -0.1611, 0.2775],
    [0, 10, 0, 10, 0, -0.2775, 0.2775],
    [10, 10, 0, 20, 1, 0.6791, 1],
    [10, 10, 0, 10, 1, 0.6075, 1],
  ])("of %i/%i and %i/%i is the published one", (k1, n1, k2, n2, ...expected) => {
    close(differenceEstimate(k1, n1, k2, n2), expected);
  });

  it("turns round with its arguments", () => {
    const one = differenceEstimate(56, 70, 48, 80);
    const other = differenceEstimate(48, 80, 56, 70);
    close(other, [-one.value, -one.high, -one.low], 12);
  });

  it("excludes zero only where the whole interval does", () => {
    expect(excludesZero(differenceEstimate(56, 70, 48, 80))).toBe(true);
    expect(excludesZero(differenceEstimate(48, 80, 56, 70))).toBe(true);
    expect(excludesZero(differenceEstimate(5, 56, 0, 29))).toBe(false);
    expect(excludesZero(differenceEstimate(0, 0, 3, 9))).toBe(false);
  });

  it("is undefined where one rate is", () => {
    const { value, low, high } = differenceEstimate(0, 0, 3, 9);
    expect([value, low, high]).toEqual([Number.NaN, Number.NaN, Number.NaN]);
  });
});

describe("estimates of a group", () => {
  it("carry the worked Wilson interval", () => close(rateEstimate(875, 1000), [0.875, 0.8531, 0.8941]));

  // METHODS worked example 3, group {0, 1}: TP 14, FP 1, FN 2.
  it("hold F1 between the ends of its interval", () => {
    const { value, low, high } = f1Estimate(14, 1, 2);
    expect(value).toBeCloseTo(0.90323, 5);
    expect(low).toBeLessThan(value);
    expect(high).toBeGreaterThan(value);
    expect(high).toBeLessThanOrEqual(1);
  });

  it("are undefined without samples, and zero without true positives", () => {
    expect(f1Estimate(0, 0, 0).value).toBeNaN();
    expect(f1Estimate(0, 3, 2).value).toBe(0);
  });
});
