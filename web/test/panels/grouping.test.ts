import { describe, expect, it } from "vitest";
import { indexCells } from "../../src/core/cells";
import type { Rows } from "../../src/core/data";
import { applyFilter } from "../../src/core/filter";
import {
  cellsOfRows,
  groupRows,
  groupShown,
  outcomeOf,
  rowsOfGroup,
  shownRows,
  shownRowsOfGroup,
} from "../../src/panels/samples/grouping";
import { filterOf } from "../core/fixtures";
import { syntheticStudy } from "../gallery/synthetic";

// cells (true, pred): (0,0)×3 (0,1)×1 (1,0)×2 (1,1)×1; rows 0–6
const cells = indexCells(
  Uint16Array.of(0, 0, 1, 1),
  Uint16Array.of(0, 1, 0, 1),
  Int32Array.of(3, 1, 2, 1),
  3,
  7,
);
const rows: Rows = {
  sample: Int32Array.of(12, 10, 11, 3, 7, 8, 9),
  pTrue: Float32Array.of(0.5, 0.9, 0.9, 0.2, 0.1, 0.4, 0.6),
  pPred: Float32Array.of(0.5, 0.9, 0.9, 0.7, 0.8, 0.5, 0.6),
  trueRank: Int16Array.of(0, 0, 0, 1, 4, 5, 0),
};
const all = Uint32Array.from({ length: 7 }, (_, row) => row);

describe("groups", () => {
  it("count by true class, the most first, with the most typical sample; ties by sample", () => {
    expect(groupRows(cells, rows, all, "true")).toEqual([
      { classId: 0, count: 4, correct: 3, representative: 1 },
      { classId: 1, count: 3, correct: 1, representative: 6 },
    ]);
  });

  it("count by predicted class", () => {
    expect(groupRows(cells, rows, all, "pred").map(({ classId, count }) => [classId, count])).toEqual([
      [0, 5],
      [1, 2],
    ]);
  });

  it("do not depend on the order of the rows", () => {
    const mixed = Uint32Array.of(6, 2, 4, 0, 3, 1, 5);
    expect(groupRows(cells, rows, mixed, "true")).toEqual(groupRows(cells, rows, all, "true"));
    expect([...cellsOfRows(cells, mixed)]).toEqual([3, 0, 2, 0, 1, 0, 2]);
  });

  it("choose the first sample when no probability is known", () => {
    const unknown = { ...rows, pTrue: new Float32Array(7).fill(Number.NaN) };
    expect(groupRows(cells, unknown, all, "true")[0].representative).toBe(3);
  });

  it("are opened", () => {
    expect([...rowsOfGroup(cells, all, "true", 1)]).toEqual([4, 5, 6]);
    expect([...rowsOfGroup(cells, all, "pred", 1)]).toEqual([3, 6]);
  });

  it.each(["true", "pred"] as const)("are the same by %s class without a list of the rows", (by) => {
    const { cells: many, rows: samples } = syntheticStudy(30, 4000, 3);
    const pTrue = samples.pTrue.map((p, row) => (row % 7 === 0 ? Number.NaN : p));
    for (const [filter, minCount] of [
      [filterOf({}), 1],
      [filterOf({ pPred: [0.4, 0.9] }), 1],
      [filterOf({ topK: 1, pPred: [0.2, 1] }), 3],
    ] as const) {
      const filtered = applyFilter(many, samples, filter, null);
      const listed = shownRows(many, filtered, minCount);
      const known = { ...samples, pTrue };
      expect(groupShown(many, known, filtered, minCount, by)).toEqual(groupRows(many, known, listed, by));
      for (const classId of [0, 7, 29]) {
        expect([...shownRowsOfGroup(many, filtered, minCount, by, classId)]).toEqual([
          ...rowsOfGroup(many, listed, by, classId),
        ]);
      }
    }
  });

  it("are none without rows", () => {
    expect(groupRows(cells, rows, new Uint32Array(0), "true")).toEqual([]);
  });
});

it("shows what passes the sample filters and lies in large enough cells", () => {
  const keep = Uint32Array.of(0b1011011);
  const filtered = { count: Int32Array.of(2, 1, 1, 1), keep, nShown: 5 };
  expect([...shownRows(cells, filtered, 1)]).toEqual([0, 1, 3, 4, 6]);
  expect([...shownRows(cells, filtered, 2)]).toEqual([0, 1]);
});

it("tells top-1, top-5 and other samples apart", () => {
  expect([...all].map((row) => outcomeOf(cells, rows, row))).toEqual([
    "top1",
    "top1",
    "top1",
    "top5",
    "top5",
    "wrong",
    "top1",
  ]);
  const unknown = { ...rows, trueRank: new Int16Array(7).fill(-1) };
  expect(outcomeOf(cells, unknown, 0)).toBe("top1");
  expect(outcomeOf(cells, unknown, 4)).toBe("wrong");
});
