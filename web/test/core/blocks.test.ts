import { describe, expect, it } from "vitest";
import { chanceShare, countBlocks, nodeOfRange } from "../../src/core/blocks";
import { indexCells } from "../../src/core/cells";
import { buildTree } from "../../src/core/hierarchy";
import { workedExample } from "./fixtures";

// METHODS worked example 5: six classes, 50 errors, cut at 3.
const A = [
  [0, 5, 4, 0, 0, 1],
  [6, 0, 5, 0, 1, 0],
  [4, 4, 0, 1, 0, 0],
  [0, 0, 1, 0, 7, 0],
  [0, 1, 0, 6, 0, 2],
  [1, 0, 0, 0, 1, 0],
];

function six() {
  const filled = A.flatMap((row, i) => row.map((n, j) => ({ i, j, n }))).filter(({ n }) => n > 0);
  const cells = indexCells(
    Uint16Array.from(filled, ({ i }) => i),
    Uint16Array.from(filled, ({ j }) => j),
    Int32Array.from(filled, ({ n }) => n),
    6,
    50,
  );
  const tree = buildTree({
    parent: Int32Array.of(-1, 0, 1, 1, 1, 0, 0, 0),
    start: Int32Array.of(0, 0, 0, 1, 2, 3, 4, 5),
    stop: Int32Array.of(6, 3, 1, 2, 3, 4, 5, 6),
    depth: Int32Array.of(0, 1, 2, 2, 2, 1, 1, 1),
    class: Int32Array.of(-1, -1, 0, 1, 2, 3, 4, 5),
    name: ["all", "a", "0", "1", "2", "3", "4", "5"],
    aliases: ["", "", "", "", "", "", "", ""],
  });
  return { tree, cells };
}

describe("counts of blocks", () => {
  it("give the worked in-block mass", () => {
    const { tree, cells } = six();
    const found = countBlocks(tree, cells, cells.count, 1, Int32Array.of(0, 3, 6));
    expect([...found.errors]).toEqual([28, 3, 3, 16]);
    expect(found.nInside / found.nErrors).toBeCloseTo(0.88, 12);
    expect([...found.correct]).toEqual([0, 0]);
  });

  it("leave small cells out, and count correct samples apart", () => {
    const { tree, cells } = workedExample();
    const cuts = Int32Array.of(0, 2, 4);
    const all = countBlocks(tree, cells, cells.count, 1, cuts);
    expect([...all.errors]).toEqual([3, 2, 1, 5]);
    expect([...all.correct]).toEqual([11, 12]);
    const large = countBlocks(tree, cells, cells.count, 2, cuts);
    expect([...large.errors]).toEqual([2, 0, 0, 5]);
    expect([large.nErrors, large.nInside]).toEqual([7, 7]);
  });
});

it("the share by chance is that of the cells", () => {
  expect(chanceShare(Int32Array.of(0, 3, 6))).toBeCloseTo(12 / 30, 12);
  expect(chanceShare(Int32Array.of(0, 6))).toBe(1);
  expect(chanceShare(Int32Array.of(0, 1))).toBeNaN();
});

it("a range has the name of the node that holds it", () => {
  const { tree } = six();
  expect(nodeOfRange(tree, 0, 3)).toBe(1);
  expect(nodeOfRange(tree, 0, 6)).toBe(0);
  expect(nodeOfRange(tree, 4, 5)).toBe(6);
  expect(nodeOfRange(tree, 1, 3)).toBe(-1);
  expect(nodeOfRange(tree, 2, 4)).toBe(-1);
});
