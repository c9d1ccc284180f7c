import { describe, expect, it } from "vitest";
import { applyFilter } from "../../src/core/filter";
import { groupMetrics, wilson } from "../../src/core/metrics";
import { cellsOf, coreCases, filterOf, rowsOf, treeOf, workedExample } from "./fixtures";

const columns = ["tp", "fp", "fn", "precision", "recall", "f1"] as const;

describe.each(coreCases)("group metrics of $name", (fixture) => {
  it.each(fixture.filters)("are those of core: $filter", ({ filter, groups }) => {
    const cells = cellsOf(fixture);
    const { count } = applyFilter(cells, rowsOf(fixture), filterOf(filter), null);
    const metrics = groupMetrics(treeOf(fixture), cells, count);
    for (const column of columns) {
      groups[column].forEach((value, node) => {
        if (value === null) expect(metrics[column][node]).toBeNaN();
        else expect(metrics[column][node]).toBeCloseTo(value, 12);
      });
    }
  });
});

describe("groupMetrics", () => {
  it("gives the numbers of worked example 3", () => {
    const { tree, cells } = workedExample();
    const metrics = groupMetrics(tree, cells, cells.count);
    const row = (name: string) => {
      const node = tree.name.indexOf(name);
      return columns.map((column) => metrics[column][node]);
    };
    const close = (name: string, expected: number[]) =>
      row(name).forEach((value, i) => {
        expect(value).toBeCloseTo(expected[i], 5);
      });
    close("a", [14, 1, 2, 0.93333, 0.875, 0.90323]);
    close("b", [17, 2, 1, 0.89474, 0.94444, 0.91892]);
    close("0", [5, 1, 3, 0.83333, 0.625, 0.71429]);
    close("all", [34, 0, 0, 1, 1, 1]);
  });
});

describe("wilson", () => {
  it("gives the worked interval", () => {
    const [low, high] = wilson(875, 1000);
    expect(low).toBeCloseTo(0.8531, 4);
    expect(high).toBeCloseTo(0.8941, 4);
  });

  it("is undefined without samples and stays within [0, 1]", () => {
    expect(wilson(0, 0)[0]).toBeNaN();
    expect(wilson(0, 5)[0]).toBeCloseTo(0, 12);
    expect(wilson(5, 5)[1]).toBeCloseTo(1, 12);
  });
});
