import { expect, it } from "vitest";
import { changeRange } from "../../src/core/change";

it("is symmetric and ends at a round number of points that holds 95 % of the nodes", () => {
  const values = Float64Array.from({ length: 100 }, (_, i) => (i % 2 ? -1 : 1) * (i / 1000));
  expect(changeRange(values)).toEqual([-0.1, 0.1]);
  values[99] = 0.9;
  expect(changeRange(values)).toEqual([-0.1, 0.1]);
  values.fill(-0.3, 0, 20);
  expect(changeRange(values)).toEqual([-0.5, 0.5]);
});

it("leaves out what is undefined and never is empty", () => {
  expect(changeRange(Float64Array.of(Number.NaN, -0.04, Number.NaN))).toEqual([-0.05, 0.05]);
  expect(changeRange(Float64Array.of(0, 0, 0))).toEqual([-0.01, 0.01]);
  expect(changeRange(Float64Array.of(Number.NaN))).toEqual([-0.01, 0.01]);
  expect(changeRange(Float64Array.of(1, -1))).toEqual([-1, 1]);
});
