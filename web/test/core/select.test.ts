import { describe, expect, it } from "vitest";
import { hasBit } from "../../src/core/bits";
import { cellOfRow } from "../../src/core/cells";
import { applyFilter } from "../../src/core/filter";
import { countSelection, selectRows } from "../../src/core/select";
import type { Part, Selection } from "../../src/state/state";
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
