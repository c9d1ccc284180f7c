import { describe, expect, it } from "vitest";
import { countBlocks } from "../../src/core/blocks";
import { blockName, blockRows, regionTable } from "../../src/panels/blocks/blocks";
import { filterText, isSameFilter, mostBlocks, objectives } from "../../src/panels/blocks/choice";
import { outlierRows } from "../../src/panels/blocks/outliers";
import type { Outliers, PartitionAnswer } from "../../src/source/answers";
import { fromHash, toHash } from "../../src/state/hash";
import { initialState } from "../../src/state/state";
import { pageOf } from "./page";

// cells: robin→robin 2, robin→dog 1, cup→cup 2, jay→jay 3, dog→robin 1, dog→dog 1
const page = pageOf("");
const { tree, classes, cells, groups } = page.model;

function rowsOf(cuts: readonly number[], topK = 0) {
  const { model, metricCount } = pageOf(topK ? `topk=${topK}` : "");
  const answer = { cuts: Int32Array.from(cuts) } as unknown as PartitionAnswer;
  const shown = countBlocks(tree, cells, model.filtered.count, 1, answer.cuts);
  const inside = countBlocks(tree, cells, metricCount, 1, answer.cuts);
  return blockRows(tree, classes, answer, shown, inside, groups);
}

describe("rows of blocks", () => {
  it("are named by the group they are, or by their ends", () => {
    expect(rowsOf([0, 3, 5]).map((row) => row.name)).toEqual(["animal", "artefact"]);
    expect(blockName(tree, classes, { start: 0, stop: 5 })).toBe("all classes");
    expect(blockName(tree, classes, { start: 1, stop: 4 })).toBe("jay … cup (3)");
    expect(blockName(tree, classes, { start: 3, stop: 4 })).toBe("cup");
  });

  it("count errors inside, per cell, and what stays in the block", () => {
    const [animal, artefact] = rowsOf([0, 3, 5]);
    expect(animal).toMatchObject({ nClasses: 3, errors: 2, mass: 1, recall: 1 });
    expect(animal?.density).toBeCloseTo(2 / 6, 12);
    expect(artefact).toMatchObject({ errors: 0, mass: 0, recall: 1 });
    const [bird, dog] = rowsOf([0, 2, 3, 5]);
    expect(bird?.recall).toBeCloseTo(5 / 6, 12);
    expect(bird?.recall).toBe(groups.recall[2]);
    expect(dog?.density).toBeNaN();
  });

  it("leave the rank filter out of the recall only", () => {
    const [all, wrong] = [rowsOf([0, 2, 5]), rowsOf([0, 2, 5], 1)];
    expect(wrong.map((row) => row.recall)).toEqual(all.map((row) => row.recall));
    expect(wrong.map((row) => row.errors)).toEqual(all.map((row) => row.errors));
  });

  it("make a table of regions", () => {
    const table = regionTable(rowsOf([0, 3, 5]), (row, col) => 10 * row + col);
    expect(table.header).toEqual(["true \\ predicted", "animal", "artefact"]);
    expect(table.rows).toEqual([
      ["animal", 0, 1],
      ["artefact", 10, 11],
    ]);
  });
});

it("outliers are at their leaves; those that surprise less are left out", () => {
  const found: Outliers = {
    true: Int32Array.of(0, 3),
    pred: Int32Array.of(3, 0),
    count: Int32Array.of(2, 1),
    expected: Float32Array.of(0.5, 1),
    surprise: Float32Array.of(1.5, 0.25),
    lcaHeight: Int32Array.of(2, 2),
    nOutliers: 2,
    mass: 3,
    share: 1,
  };
  const rows = outlierRows(tree, classes, found, 0);
  expect(rows.map(({ row, col }) => [row, col])).toEqual([
    [tree.leafOfClass[0], tree.leafOfClass[3]],
    [tree.leafOfClass[3], tree.leafOfClass[0]],
  ]);
  expect(outlierRows(tree, classes, found, 1)).toEqual(rows.slice(0, 1));
});

describe("choices", () => {
  it("offer every objective that an address can hold", () => {
    for (const { id } of objectives) {
      const filter = { topK: 0, pPred: [0, 1], pTrue: [0, 1], minCount: 1 } as const;
      const partition = { nBlocks: 3, objective: id, along: "tree", result: "net", filter } as const;
      expect(fromHash(toHash({ ...initialState, partition })).partition).toEqual(partition);
    }
    expect(new Set(objectives.map((one) => one.id)).size).toBe(5);
  });

  it("slide to 100 blocks and type to 1,000", () => {
    expect(mostBlocks(40)).toEqual({ slider: 40, field: 40 });
    expect(mostBlocks(21_841)).toEqual({ slider: 100, field: 1000 });
  });

  it("say which filters blocks were found with", () => {
    const plain = { topK: 0, pPred: [0, 1], pTrue: [0, 1], minCount: 1 } as const;
    expect(filterText(plain)).toBe("no filter");
    expect(filterText({ ...plain, topK: 5, pPred: [0.5, 1], minCount: 3 })).toBe(
      "top-5 wrong · p(pred) 0.50 – 1.00 · cells ≥ 3",
    );
    expect(isSameFilter(plain, { ...plain, pTrue: [0, 1] })).toBe(true);
    expect(isSameFilter(plain, { ...plain, pTrue: [0, 0.5] })).toBe(false);
  });
});
