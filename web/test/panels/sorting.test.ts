import { describe, expect, it } from "vitest";
import type { Rows } from "../../src/core/data";
import { sortRows } from "../../src/panels/samples/sorting";
import type { SampleState } from "../../src/state/state";
import { randomNumbers } from "../gallery/synthetic";

it("sorts both ways, the unknown last, ties by sample", () => {
  const some: Rows = {
    sample: Int32Array.of(12, 10, 11, 3, 7, 8, 9),
    pTrue: Float32Array.of(0.5, 0.9, 0.9, 0.2, 0.1, 0.4, 0.6),
    pPred: Float32Array.of(0.5, 0.9, 0.9, Number.NaN, 0.8, 0.5, 0.6),
    trueRank: new Int16Array(7),
  };
  const all = Uint32Array.from({ length: 7 }, (_, row) => row);
  expect([...sortRows(some, all, "p_pred", true)]).toEqual([1, 2, 4, 6, 5, 0, 3]);
  expect([...sortRows(some, all, "p_pred", false)]).toEqual([5, 0, 6, 4, 1, 2, 3]);
  expect([...sortRows(some, all, "sample", false)]).toEqual([3, 4, 5, 6, 1, 2, 0]);
});

/** Rows of shuffled samples with values of `kind`. */
function rowsWith(n: number, kind: "any" | "few" | "equal" | "unknown"): Rows {
  const random = randomNumbers(n);
  const sample = Int32Array.from({ length: n }, (_, row) => 3 * row);
  for (let row = n - 1; row > 0; row--) {
    const other = Math.floor(random() * (row + 1));
    [sample[row], sample[other]] = [sample[other], sample[row]];
  }
  const value = () => {
    if (kind === "equal") return 1;
    if (kind === "unknown" || random() < 0.1) return Number.NaN;
    return kind === "few" ? Math.floor(random() * 3) / 2 : random();
  };
  const draw = () => Float32Array.from({ length: n }, value);
  return { sample, pTrue: draw(), pPred: draw(), trueRank: new Int16Array(n) };
}

function bySorting(samples: Rows, rows: Uint32Array, sort: SampleState["sort"], descending: boolean) {
  const value = sort === "sample" ? samples.sample : sort === "p_pred" ? samples.pPred : samples.pTrue;
  const sign = descending ? -1 : 1;
  return [...rows].sort((a, b) => {
    const unknown = Number(Number.isNaN(value[a])) - Number(Number.isNaN(value[b]));
    if (unknown !== 0) return unknown;
    return sign * (value[a] - value[b]) || samples.sample[a] - samples.sample[b];
  });
}

describe.each(["any", "few", "equal", "unknown"] as const)("%s probabilities", (kind) => {
  const samples = rowsWith(700, kind);
  const rows = Uint32Array.from({ length: 600 }, (_, at) => 650 - at);

  it.each([
    ["p_pred", true],
    ["p_pred", false],
    ["p_true", true],
    ["sample", true],
    ["sample", false],
  ] as const)("are the first ones of a whole sort by %s, descending %s", (sort, descending) => {
    const expected = bySorting(samples, rows, sort, descending);
    for (const most of [1, 5, 64, 299, 301, 600, 1000]) {
      expect([...sortRows(samples, rows, sort, descending, most)]).toEqual(expected.slice(0, most));
    }
  });
});

it("sorts nothing", () => {
  expect(sortRows(rowsWith(3, "any"), new Uint32Array(0), "p_true", true)).toHaveLength(0);
});
