import { expect, it } from "vitest";
import { gridOf, visibleItems } from "../../src/panels/samples/grid";

it("fits as many columns as there is room for", () => {
  expect(gridOf(100, 300, 68, 68, 4, false)).toMatchObject({
    columns: 4,
    rows: 25,
    itemWidth: 68,
    height: 1796,
  });
  expect(gridOf(100, 300, 140, 68, 6, true)).toMatchObject({ columns: 2, itemWidth: 147 });
  expect(gridOf(3, 20, 68, 68, 4, false).columns).toBe(1);
  expect(gridOf(0, 300, 68, 68, 4, false).height).toBe(0);
});

it("holds a screenful of a million", () => {
  const grid = gridOf(1_000_000, 300, 68, 68, 4, false);
  const [start, stop] = visibleItems(grid, 1_000_000, 4, 720_000, 600);
  expect(start).toBe(4 * (10_000 - 1));
  expect(stop - start).toBeLessThan(60);
  expect(visibleItems(grid, 1_000_000, 4, 1e9, 600)).toEqual([1_000_000, 1_000_000]);
  expect(visibleItems(grid, 1_000_000, 4, 0, 600)[0]).toBe(0);
});
