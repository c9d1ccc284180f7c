import { expect, it } from "vitest";
import { blockAt, regionAt, ringsOf } from "../../src/layout/regions";
import { workedExample } from "../core/fixtures";

const cuts = Int32Array.of(0, 3, 4, 9, 20);

it("finds the block of every leaf", () => {
  for (let leaf = 0; leaf < 20; leaf++) {
    const expected = [...cuts].filter((cut) => cut <= leaf).length - 1;
    expect(blockAt(cuts, leaf)).toBe(expected);
  }
  expect(blockAt(Int32Array.of(0, 5), 4)).toBe(0);
});

it("gives the cells between two blocks", () => {
  expect(regionAt(cuts, 3, 19)).toEqual({ rows: { start: 3, stop: 4 }, cols: { start: 9, stop: 20 } });
  expect(regionAt(cuts, 8, 4)).toEqual({ rows: { start: 4, stop: 9 }, cols: { start: 4, stop: 9 } });
});

it("rings what surprises by 3 or more, at its leaves", () => {
  const { tree } = workedExample();
  const outliers = {
    true: Int32Array.of(0, 2, 3, 1),
    pred: Int32Array.of(3, 1, 0, 2),
    count: Int32Array.of(9, 5, 4, 2),
    expected: Float32Array.of(1, 1, 1, Number.NaN),
    surprise: Float32Array.of(7, 3, 2.9, Number.NaN),
    lcaHeight: Int32Array.of(2, 2, 2, 2),
    nOutliers: 4,
    mass: 20,
    share: 0.5,
  };
  expect(ringsOf(tree, outliers)).toEqual([
    { row: tree.leafOfClass[0], col: tree.leafOfClass[3] },
    { row: tree.leafOfClass[2], col: tree.leafOfClass[1] },
  ]);
});
