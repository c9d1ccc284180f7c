import { describe, expect, it } from "vitest";
import { applyFilter } from "../../src/core/filter";
import { correctSamples, insideAccuracy } from "../../src/core/inside";
import { groupMetrics } from "../../src/core/metrics";
import { cellsOf, coreCases, filterOf, rowsOf, treeOf } from "./fixtures";

describe.each(coreCases)("accuracy inside groups of $name", (fixture) => {
  it.each(fixture.filters)("is that of core: $filter", ({ filter, correct, inside }) => {
    const [tree, cells] = [treeOf(fixture), cellsOf(fixture)];
    const { count } = applyFilter(cells, rowsOf(fixture), filterOf(filter), null);
    expect([...correctSamples(tree, cells, count)]).toEqual(correct);
    const found = insideAccuracy(tree, cells, count, groupMetrics(tree, cells, count));
    inside.forEach((value, node) => {
      if (value === null) expect(found[node]).toBeNaN();
      else expect(found[node]).toBeCloseTo(value, 12);
    });
  });
});
