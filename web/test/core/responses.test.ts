import { expect, it } from "vitest";
import { extent, nodeMeans, orderNeurons, quantile } from "../../src/core/responses";
import { workedExample } from "./fixtures";

it("weights node means by samples and leaves nodes without samples undefined", () => {
  const { tree } = workedExample();
  const mean = nodeMeans(tree, Float32Array.of(2, 8, Number.NaN, Number.NaN), Int32Array.of(3, 1, 0, 0));
  expect(mean[tree.name.indexOf("a")]).toBeCloseTo(3.5);
  expect(mean[tree.name.indexOf("b")]).toBeNaN();
  expect(mean[0]).toBeCloseTo(3.5);
});

it("takes quantiles of what is defined", () => {
  expect(quantile(Float32Array.of(4, Number.NaN, 5, 8, 6), 0.25)).toBeCloseTo(4.75);
  expect(quantile(Float32Array.of(Number.NaN), 0.5)).toBeNaN();
});

it("orders neurons by falling score, infinite first, undefined last", () => {
  const score = Float32Array.of(1, Number.NaN, Number.POSITIVE_INFINITY, 3, Number.POSITIVE_INFINITY, 1);
  const inside = Float32Array.of(0, 0, 2, 0, 5, 0);
  expect([...orderNeurons(score, inside)]).toEqual([4, 2, 3, 0, 5, 1]);
});

it("finds the extent of defined values", () => {
  expect(extent(Float32Array.of(Number.NaN, 2, -1))).toEqual([-1, 2]);
  expect(extent(new Float32Array(0))).toEqual([0, 0]);
});
