import { describe, expect, it } from "vitest";
import { classTotals, findCell, indexCells } from "../../src/core/cells";
import type { CellIndex } from "../../src/core/data";
import { sortChildren } from "../../src/core/hierarchy";
import { makeScale } from "../../src/core/scale";
import { isMapped, mapCells } from "../../src/core/values";
import { axis } from "../../src/layout/frame";
import {
  cellAt,
  firstCell,
  groupAround,
  hitMatrix,
  leafRanges,
  type MatrixScene,
  matrixScene,
  orderCells,
  paletteLevel,
} from "../../src/layout/matrix";
import type { CellValue } from "../../src/state/state";
import { workedExample } from "../core/fixtures";
import { syntheticStudy } from "../gallery/synthetic";

const { tree, cells } = workedExample();

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

function sceneOf(
  cells: CellIndex,
  encoding: { kind?: CellValue; scale?: "linear" | "log" | "rank"; minCount?: number; diagonal?: boolean },
): MatrixScene {
  const { kind = "count", scale = "linear", minCount = 1, diagonal = true } = encoding;
  const mapped = mapCells(
    cells,
    cells.count,
    () => classTotals(cells, cells.count),
    kind,
    minCount,
    diagonal,
  );
  const order = orderCells(tree, mapped.pattern);
  return matrixScene(order, mapped, makeScale(mapped, scale, diagonal, null, null), diagonal);
}

describe("matrixScene", () => {
  const levels = (minCount: number, diagonal: boolean) => [...sceneOf(cells, { minCount, diagonal }).level];

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
    const count = cells.count.map((n) => n * 10_000);
    const large = indexCells(cells.true, cells.pred, count, cells.nClasses, cells.nSamples * 10_000);
    const scene = sceneOf(large, { scale: "log" });
    expect(scene.level[7]).toBe(255);
    expect(scene.level[2]).toBe(1 + Math.round((254 * Math.log(10_000)) / Math.log(70_000)));
  });

  it.each(["row", "pair"] as const)("gives ranks of rates the level of their position: %s", (kind) => {
    const study = syntheticStudy(50, 5000, 12);
    const totals = () => classTotals(study.cells, study.cells.count);
    for (const diagonal of [true, false]) {
      const mapped = mapCells(study.cells, study.cells.count, totals, kind, 1, diagonal);
      const scale = makeScale(mapped, "rank", diagonal, null, null);
      const ordered = orderCells(study.tree, mapped.pattern);
      const { level } = matrixScene(ordered, mapped, scale, diagonal);
      ordered.cell.forEach((cell, place) => {
        const isShown = isMapped(mapped, cell, diagonal);
        const expected = isShown ? paletteLevel(scale.position(mapped.value[cell])) : 0;
        expect(level[place]).toBe(expected);
      });
    }
  });

  it("draws pair rates the same both ways, also where one of the two cells is empty", () => {
    const { order, level } = sceneOf(cells, { kind: "pair", scale: "log", diagonal: false });
    const at = (row: number, col: number) => {
      const place = firstCell(order, row, col);
      return place < order.rowStart[row + 1] && order.col[place] === col ? level[place] : 0;
    };
    let nMirrored = 0;
    for (let row = 0; row < 4; row++) {
      for (let col = 0; col < row; col++) {
        expect(at(row, col)).toBe(at(col, row));
        const both = [findCell(cells, row, col), findCell(cells, col, row)];
        expect(at(row, col) > 0).toBe(both.some((cell) => cell >= 0));
        nMirrored += Number(both.filter((cell) => cell >= 0).length === 1);
      }
    }
    expect(nMirrored).toBeGreaterThan(0);
  });
});

describe("hitMatrix", () => {
  const scene = sceneOf(cells, { scale: "log", diagonal: false });

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
