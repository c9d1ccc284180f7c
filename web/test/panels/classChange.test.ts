import { describe, expect, it } from "vitest";
import { changeSummary, classChanges, classColumns } from "../../src/panels/groups/classChange";
import { sortRows } from "../../src/panels/table";
import type { Change, Estimates } from "../../src/source/answers";
import { reduce } from "../../src/state/reduce";
import { initialState } from "../../src/state/state";
import { pageOf } from "./page";

const page = pageOf("side=groups&classes=1&baseline=table");
const { model } = page;

/** Changes by node of the recorded tree; leaves are robin 3, jay 4, dog 5, cup 7, sleeve 8. */
function changeOf(
  values: Readonly<Record<number, readonly [value: number, low: number, high: number, p: number]>>,
) {
  const column = (at: number) =>
    Float32Array.from({ length: 9 }, (_, node) => values[node]?.[at] ?? Number.NaN);
  const recall: Estimates = { value: column(0), low: column(1), high: column(2) };
  return { recall, precision: recall, f1: recall, recallP: column(3), isPaired: true } satisfies Change;
}

describe("classes by their change", () => {
  it("are asked for while the table is open", () => {
    expect(page.change?.isPaired).toBe(false);
    expect(pageOf("side=groups&baseline=table").change).toBeNull();
    expect(pageOf("classes=1&baseline=table").change).toBeNull();
  });

  it("have the recall of the result shown and the change the server measured", () => {
    const rows = page.change ? classChanges(model.tree, model.classes, model.groups, page.change) : [];
    expect(rows.map(({ name }) => name)).toEqual(["robin", "jay", "dog", "cup", "Ärmel › sleeve"]);
    const dog = rows[2];
    expect(dog).toMatchObject({ nSamples: 2, now: 0.5, mayBeChance: true });
    expect(dog?.change.value).toBeCloseTo(0.5, 6);
    expect(rows[4]).toMatchObject({ nSamples: 0, now: Number.NaN, mayBeChance: false });
    expect(classColumns.map((column) => (rows[4] ? column.text(rows[4]) : ""))).toEqual([
      "Ärmel › sleeve",
      "0",
      null,
      null,
      null,
      "",
    ]);
  });

  it("may be chance where the interval holds zero or the test does not reject", () => {
    const found = changeOf({
      3: [-0.3, -0.5, -0.1, 0.001],
      4: [0.3, 0.01, 0.5, 0.08],
      5: [0.2, -0.1, 0.4, 0.01],
      7: [0.4, 0.2, 0.6, Number.NaN],
    });
    const rows = classChanges(model.tree, model.classes, model.groups, found);
    expect(rows.map(({ mayBeChance }) => mayBeChance)).toEqual([false, true, true, false, false]);
    expect(changeSummary(rows)).toBe(
      "1 of 4 classes better, 1 worse beyond chance; up to 0 would seem so if none had changed",
    );
    const sorted = sortRows(rows, classColumns, { column: 3, descending: false });
    expect(sorted.map(({ name }) => name)).toEqual(["robin", "dog", "jay", "cup", "Ärmel › sleeve"]);
    const interval = classColumns[4];
    expect(interval?.text(rows[0] as (typeof rows)[0])).toBe("−50.0 … −10.0");
  });
});

it("is opened, and its baseline chosen, without a change of colours", () => {
  const open = reduce(initialState, { type: "perClass", isOpen: true });
  const chosen = reduce(open, { type: "baseline", name: "other" });
  expect(chosen).toEqual({ ...initialState, perClass: true, baseline: "other" });
});
