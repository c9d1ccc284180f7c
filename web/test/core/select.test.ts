import { describe, expect, it } from "vitest";
import { hasBit } from "../../src/core/bits";
import { cellOfRow, findCell } from "../../src/core/cells";
import { applyFilter } from "../../src/core/filter";
import { countSelection, selectRows } from "../../src/core/select";
import type { Part, Selection } from "../../src/state/state";
import { randomNumbers, syntheticStudy } from "../gallery/synthetic";
import { filterOf, workedExample } from "./fixtures";

const { tree, cells, rows } = workedExample();
const everything = applyFilter(cells, rows, filterOf({}), null);
const groupA = tree.name.indexOf("a");
const group = (part: Part, ...nodes: number[]): Selection => ({ kind: "groups", nodes, part });

describe("groups", () => {
  it("counts the parts of worked example 3", () => {
    expect(countSelection(group("both", groupA), tree, cells, everything, 1, true)).toEqual({
      tp: 14,
      tp_correct: 11,
      tp_confused: 3,
      fp: 1,
      fn: 2,
      true: 16,
      pred: 15,
      both: 17,
    });
  });

  it.each(["tp", "tp_correct", "tp_confused", "fp", "fn", "true", "pred", "both"] as const)(
    "selects as many rows as it counts: %s",
    (part) => {
      for (const filter of [
        filterOf({}),
        filterOf({ topK: 2 }),
        filterOf({ pPred: [0.4, 0.9], minCount: 2 }),
      ]) {
        const filtered = applyFilter(cells, rows, filter, null);
        const selection = group(part, groupA);
        const selected = selectRows(selection, tree, cells, filtered, filter.minCount, true);
        expect(selected).toHaveLength(
          countSelection(selection, tree, cells, filtered, filter.minCount, true)[part],
        );
        for (const row of selected ?? []) {
          const j = cellOfRow(cells, row);
          expect(hasBit(filtered.keep, row)).toBe(true);
          expect(filtered.count[j]).toBeGreaterThanOrEqual(filter.minCount);
        }
      }
    },
  );

  it("takes several nodes as one group", () => {
    const nodes = ["0", "2"].map((name) => tree.name.indexOf(name));
    const counts = countSelection(group("both", ...nodes), tree, cells, everything, 1, true);
    expect(counts.tp).toBe(5 + 1 + 7);
    expect(counts.fn).toBe(2 + 1 + 2);
    expect(counts.fp).toBe(1 + 3);
  });
});

describe("boxes of cells", () => {
  const box = (r0: number, r1: number, c0: number, c1: number) => ({
    rows: { start: r0, stop: r1 },
    cols: { start: c0, stop: c1 },
  });

  it("unites boxes without counting a cell twice", () => {
    const selection: Selection = { kind: "cells", boxes: [box(0, 2, 0, 2), box(1, 3, 1, 3)] };
    const selected = selectRows(selection, tree, cells, everything, 1, true);
    expect(selected).toHaveLength(5 + 2 + 1 + 6 + 0 + 1 + 7);
    expect(countSelection(selection, tree, cells, everything, 1, true).both).toBe(22);
    expect(new Set(selected).size).toBe(22);
  });

  it("leave correct samples out while the diagonal is hidden, which groups never do", () => {
    const selection: Selection = { kind: "cells", boxes: [box(0, 2, 0, 2)] };
    expect(selectRows(selection, tree, cells, everything, 1, false)).toHaveLength(2 + 1);
    expect(countSelection(selection, tree, cells, everything, 1, false).both).toBe(2 + 1);
    expect(countSelection(group("both", groupA), tree, cells, everything, 1, false).tp).toBe(14);
  });
});

describe("a lasso", () => {
  const study = syntheticStudy(40, 3000, 6);
  const shown = applyFilter(study.cells, study.rows, filterOf({ pPred: [0.3, 1] }), null);

  /** Whether a point is inside, by the angle that the corners turn around it. */
  function winds(polygon: readonly (readonly [number, number])[], x: number, y: number): boolean {
    let crossings = 0;
    for (let i = 0; i < polygon.length; i++) {
      const [ax, ay] = polygon[i];
      const [bx, by] = polygon[(i + 1) % polygon.length];
      const above = ay > y !== by > y;
      if (above && x < ((bx - ax) * (y - ay)) / (by - ay) + ax) crossings++;
    }
    return crossings % 2 === 1;
  }

  it.each([1, 2, 3, 4, 5])(
    "holds the cells whose middle is inside, as brute force finds them: %i",
    (seed) => {
      const random = randomNumbers(seed);
      const polygon = Array.from(
        { length: 3 + Math.floor(random() * 20) },
        () => [random() * 44 - 2, random() * 44 - 2] as const,
      );
      const selection: Selection = { kind: "lasso", polygon };
      for (const diagonal of [true, false]) {
        for (const minCount of [1, 3]) {
          const expected: number[] = [];
          for (let j = 0; j < study.cells.true.length; j++) {
            const row = study.tree.leafOfClass[study.cells.true[j]];
            const col = study.tree.leafOfClass[study.cells.pred[j]];
            if (!diagonal && row === col) continue;
            if (shown.count[j] < minCount || !winds(polygon, col + 0.5, row + 0.5)) continue;
            for (let i = study.cells.rowStart[j]; i < study.cells.rowStart[j + 1]; i++) {
              if (hasBit(shown.keep, i)) expected.push(i);
            }
          }
          const found = selectRows(selection, study.tree, study.cells, shown, minCount, diagonal);
          expect([...(found ?? [])]).toEqual(expected);
          const counts = countSelection(selection, study.tree, study.cells, shown, minCount, diagonal);
          expect(counts.both).toBe(expected.length);
        }
      }
    },
  );

  it("counts a corner in the middle of a cell once", () => {
    const diamond = [
      [2.5, 0.5],
      [4.5, 2.5],
      [2.5, 4.5],
      [0.5, 2.5],
    ] as const;
    const selection: Selection = { kind: "lasso", polygon: diamond };
    const found = selectRows(selection, study.tree, study.cells, shown, 1, true) ?? [];
    const cells = new Set(Array.from(found, (row) => cellOfRow(study.cells, row)));
    for (const cell of cells) {
      const row = study.tree.leafOfClass[study.cells.true[cell]];
      const col = study.tree.leafOfClass[study.cells.pred[cell]];
      expect(Math.abs(row - 2) + Math.abs(col - 2)).toBeLessThanOrEqual(2);
    }
    const inner = [1, 2, 3].flatMap((row) => [1, 2, 3].map((col) => [row, col]));
    for (const [row, col] of inner.filter(([r, c]) => Math.abs(r - 2) + Math.abs(c - 2) < 2)) {
      const { classOfLeaf } = study.tree;
      const cell = findCell(study.cells, classOfLeaf[row], classOfLeaf[col]);
      if (cell >= 0 && shown.count[cell] > 0) expect(cells.has(cell)).toBe(true);
    }
  });
});

describe("top samples", () => {
  it("keeps their order and drops what the filters drop", () => {
    const errors = applyFilter(cells, rows, filterOf({ topK: 1 }), null);
    const kept = [...rows.sample.keys()].filter((row) => hasBit(errors.keep, row));
    const top = Uint32Array.of(kept[4], 0, kept[1]);
    const selection: Selection = { kind: "top", layer: "conv", neuron: 1 };
    expect([...(selectRows(selection, tree, cells, errors, 1, true, top) ?? [])]).toEqual([kept[4], kept[1]]);
    expect(selectRows(selection, tree, cells, errors, 1, true)).toHaveLength(0);
  });
});

it("selects nothing when nothing is selected", () => {
  expect(selectRows({ kind: "none" }, tree, cells, everything, 1, true)).toBeNull();
});
