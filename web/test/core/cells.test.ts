import { expect, it } from "vitest";
import {
  cellOfRow,
  cellsByPred,
  diagonalCells,
  findCell,
  indexCells,
  largestCell,
} from "../../src/core/cells";
import { syntheticStudy } from "../gallery/synthetic";
import { workedExample } from "./fixtures";

const { cells } = workedExample();

it("finds cells by their classes", () => {
  for (let j = 0; j < cells.true.length; j++) expect(findCell(cells, cells.true[j], cells.pred[j])).toBe(j);
  expect(findCell(cells, 0, 3)).toBe(-1);
  expect(findCell(cells, 3, 0)).toBe(-1);
});

it("finds the cell of every row", () => {
  for (let j = 0; j < cells.true.length; j++) {
    for (let row = cells.rowStart[j]; row < cells.rowStart[j + 1]; row++)
      expect(cellOfRow(cells, row)).toBe(j);
  }
});

it("knows the cells of correct samples", () => {
  const expected = [...cells.true.keys()].filter((cell) => cells.true[cell] === cells.pred[cell]);
  expect([...diagonalCells(cells)]).toEqual(expected);
  expect(diagonalCells(cells)).toBe(diagonalCells(cells));
});

it("leaves the diagonal out of the largest cell when it is hidden", () => {
  expect(largestCell(cells, cells.count, true)).toBe(7);
  expect(largestCell(cells, cells.count, false)).toBe(3);
  expect(largestCell(cells, new Int32Array(cells.count.length), true)).toBe(1);
});

it("refuses counts that do not add up", () => {
  const one = Uint16Array.of(0);
  expect(() => indexCells(one, one, Int32Array.of(3), 1, 4)).toThrow(
    "cells hold 3 samples, the result set has 4",
  );
});

it("lists the cells by predicted class", () => {
  const { cells: many } = syntheticStudy(60, 2000, 2);
  const { start, place, true: trueClass } = cellsByPred(many);
  for (let classId = 0; classId < 60; classId++) {
    const expected = [...many.pred.keys()].filter((cell) => many.pred[cell] === classId);
    expect([...place.slice(start[classId], start[classId + 1])]).toEqual(expected);
  }
  expect([...trueClass]).toEqual([...place].map((cell) => many.true[cell]));
});

it("finds the largest cell that a filter leaves", () => {
  const { cells: many } = syntheticStudy(40, 3000, 9);
  for (const left of [1, 0.9, 0.3, 0.05, 0]) {
    const count = many.count.map((n, cell) => (cell % 3 === 0 ? n : Math.floor(n * left)));
    for (const diagonal of [true, false]) {
      const shown = [...count].filter((_, cell) => diagonal || many.true[cell] !== many.pred[cell]);
      expect(largestCell(many, count, diagonal)).toBe(Math.max(1, ...shown));
    }
  }
});
