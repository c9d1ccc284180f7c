import { describe, expect, it } from "vitest";
import { findCell } from "../../src/core/cells";
import { sortChildren } from "../../src/core/hierarchy";
import { axis } from "../../src/layout/frame";
import {
  cellAt,
  colourPosition,
  groupAround,
  hitMatrix,
  leafRanges,
  matrixScene,
  orderCells,
} from "../../src/layout/matrix";
import { workedExample } from "../core/fixtures";
import { syntheticStudy } from "../gallery/synthetic";

describe("colourPosition", () => {
  it.each([
    [1, 0, 0],
    [2, 0.010101, 0.150515],
    [10, 0.090909, 0.5],
    [50, 0.494949, 0.849485],
    [100, 1, 1],
  ])("places %i of 100", (count, linear, log) => {
    expect(colourPosition(count, 100, "linear")).toBeCloseTo(linear, 6);
    expect(colourPosition(count, 100, "log")).toBeCloseTo(log, 6);
  });

  it("is light for every cell when the maximum is 1, and full above a frozen maximum", () => {
    expect(colourPosition(1, 1, "log")).toBe(0);
    expect(colourPosition(5, 1, "linear")).toBe(1);
    expect(colourPosition(500, 100, "log")).toBe(1);
  });
});

describe("orderCells", () => {
  it("finds every cell at its leaves, whatever the order", () => {
    const { tree, cells } = syntheticStudy(40, 900, 5);
    for (const ordered of [tree, sortChildren(tree, "name", true)]) {
      const order = orderCells(ordered, cells);
      for (let row = 0; row < 40; row++) {
        for (let col = 0; col < 40; col++) {
          const expected = findCell(cells, ordered.classOfLeaf[row], ordered.classOfLeaf[col]);
          expect(cellAt(order, row, col)).toBe(expected);
        }
      }
    }
  });
});

describe("matrixScene", () => {
  const { tree, cells } = workedExample();
  const order = orderCells(tree, cells);
  const levels = (minCount: number, diagonal: boolean) => {
    const scene = matrixScene(order, cells.count, { scale: "linear", diagonal, minCount, maximum: 7 });
    return [...scene.level];
  };

  it("hides the diagonal and small cells", () => {
    expect(levels(1, true).every((level) => level > 0)).toBe(true);
    expect(levels(1, false).filter((level) => level > 0)).toHaveLength(7);
    expect(levels(2, false).filter((level) => level > 0)).toHaveLength(3);
  });

  it("gives 1 the lightest and the maximum the strongest level", () => {
    const all = levels(1, true);
    expect(all[2]).toBe(1);
    expect(Math.max(...all)).toBe(255);
    expect(all[7]).toBe(255);
  });

  it("colours counts beyond the table as well", () => {
    const large = cells.count.map((n) => n * 10_000);
    const scene = matrixScene(order, large, { scale: "log", diagonal: true, minCount: 1, maximum: 70_000 });
    expect(scene.level[7]).toBe(255);
    expect(scene.level[2]).toBe(1 + Math.round((254 * Math.log(10_000)) / Math.log(70_000)));
  });
});

describe("hitMatrix", () => {
  const { tree, cells } = workedExample();
  const scene = matrixScene(orderCells(tree, cells), cells.count, {
    scale: "log",
    diagonal: false,
    minCount: 1,
    maximum: 3,
  });

  it("takes the cell under the pointer where cells are large", () => {
    const along = axis(0, 4, 400, 4);
    expect(hitMatrix(scene, along, along, 350, 250, 5)).toEqual({ row: 2, col: 3, filled: true });
    expect(hitMatrix(scene, along, along, 350, 50, 5)).toEqual({ row: 0, col: 3, filled: false });
    expect(hitMatrix(scene, along, along, 400, 50, 5)).toBeNull();
  });

  it("finds the nearest cell where cells are small", () => {
    const along = axis(0, 4, 8, 4);
    expect(hitMatrix(scene, along, along, 7, 1, 5)).toEqual({ row: 0, col: 2, filled: true });
    const tiny = axis(0, 4, 4, 4);
    expect(hitMatrix(scene, tiny, tiny, 3.5, 0.5, 1.2)).toEqual({ row: 0, col: 2, filled: true });
    expect(hitMatrix(scene, tiny, tiny, 3.5, 0.5, 0.5)).toEqual({ row: 0, col: 3, filled: false });
  });
});

describe("groups", () => {
  const { tree } = workedExample();

  it("finds the smallest group around a cell", () => {
    expect(tree.name[groupAround(tree, 0, 1)]).toBe("a");
    expect(tree.name[groupAround(tree, 1, 2)]).toBe("all");
    expect(tree.name[groupAround(tree, 3, 3)]).toBe("b");
  });

  it("merges ranges that touch", () => {
    const nodes = ["1", "a", "2"].map((name) => tree.name.indexOf(name));
    expect(leafRanges(tree, nodes)).toEqual([{ start: 0, stop: 3 }]);
    expect(leafRanges(tree, [tree.name.indexOf("3"), tree.name.indexOf("0")])).toEqual([
      { start: 0, stop: 1 },
      { start: 3, stop: 4 },
    ]);
  });
});
