import { expect, it } from "vitest";
import {
  cutAccuracy,
  cutChance,
  f1Of,
  levelAccuracies,
  precisionOf,
  recallOf,
  recallRatio,
  type Separability,
  separationRows,
  smallestRatio,
} from "../../src/core/separability";
import { pageOf } from "../panels/page";

const page = pageOf("side=branches&branches=0.8,0.3,3,0");
const { tree } = page.model;
const found = page.branching.found as Separability;

it("reads what the server counted", () => {
  expect(found.layers).toEqual(["relu", "linear"]);
  expect(found.nSamples).toBe(8);
  expect(recallOf(found, 0, 2)).toBe(3 / 5);
  expect(precisionOf(found, 0, 2)).toBe(3 / 4);
  expect(f1Of(found, 0, 2)).toBe(6 / 9);
  expect(recallOf(found, 0, 8)).toBeNaN();
  expect(f1Of(found, 0, 8)).toBeNaN();
});

it("compares a layer with the network itself", () => {
  expect(recallRatio(found, 0, 2)).toBeCloseTo(3 / 4, 12);
  expect(recallRatio(found, 1, 2)).toBeCloseTo(5 / 4, 12);
  expect(recallRatio(found, 0, 8)).toBeNaN();
  expect(smallestRatio(found, 0, [2, 5, 6])).toBe(0);
  expect(smallestRatio(found, 1, [1, 7, 8])).toBe(1);
  expect(smallestRatio(found, 1, [8])).toBeNaN();
});

it("adds the kept samples of a cut up", () => {
  expect(cutAccuracy(found, 0, [2, 5, 6])).toBe((3 + 0 + 2) / 8);
  expect(cutAccuracy(found, 2, [1, 6])).toBe(1);
  expect(cutChance(found, [2, 5, 6])).toBe(5 / 8);
  expect(cutChance(found, [1, 6])).toBe(6 / 8);
});

it("measures every level in every layer, as core does", () => {
  const levels = levelAccuracies(tree, found);
  expect(levels.map(({ depth }) => depth)).toEqual([1, 2, 3]);
  expect(levels.map(({ accuracy }) => accuracy)).toEqual([
    [1, 1, 1],
    [5 / 8, 8 / 8, 7 / 8],
    [2 / 8, 4 / 8, 7 / 8],
  ]);
});

it("finds the first layer near the last one", () => {
  expect([...separationRows(found)]).toEqual([0, 0, 1, 1, 2, 1, 0, 0, Number.NaN]);
  const zero = { ...found, tp: found.tp.map((kept, at) => (at >= 18 && at % 9 === 5 ? 0 : kept)) };
  expect(separationRows(zero)[5]).toBeNaN();
});
