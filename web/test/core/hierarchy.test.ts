import { describe, expect, it } from "vitest";
import type { Tree } from "../../src/core/data";
import { ancestors, buildTree, cellAncestor, sortChildren } from "../../src/core/hierarchy";
import { groupMetrics } from "../../src/core/metrics";
import { syntheticStudy } from "../gallery/synthetic";
import { cellsOf, coreCases, treeOf, workedExample } from "./fixtures";

describe.each(coreCases)("sorting of $name", (fixture) => {
  const tree = treeOf(fixture);
  const cells = cellsOf(fixture);
  const metrics = groupMetrics(tree, cells, cells.count);

  it.each(fixture.sorts)("by $key, descending $descending, is that of core", (sort) => {
    const size = Float64Array.from(tree.stop, (stop, node) => stop - tree.start[node]);
    const sorted = sortChildren(tree, sort.key === "size" ? size : metrics[sort.key], sort.descending);
    expect([...sorted.wireNode]).toEqual(sort.node);
    expect([...sorted.classOfLeaf]).toEqual(sort.class_of_leaf);
    expectSound(sorted);
  });
});

describe("sortChildren", () => {
  // all → b (classes 0, 1), a (class 2), c (class 3)
  const tree = buildTree({
    parent: Int32Array.of(-1, 0, 1, 1, 0, 0),
    start: Int32Array.of(0, 0, 0, 1, 2, 3),
    stop: Int32Array.of(4, 2, 1, 2, 3, 4),
    depth: Int32Array.of(0, 1, 2, 2, 1, 1),
    class: Int32Array.of(-1, -1, 0, 1, 2, 3),
    name: ["all", "b", "y", "x", "a", "c"],
    aliases: ["", "", "", "", "", ""],
  });

  it("sorts by name at every level", () => {
    expect(sortChildren(tree, "name", false).name).toEqual(["all", "a", "b", "x", "y", "c"]);
    expect(sortChildren(tree, "name", true).name).toEqual(["all", "c", "b", "y", "x", "a"]);
  });

  it("puts NaN last both ways and leaves ties in order", () => {
    const key = Float64Array.of(0, Number.NaN, 1, 1, 5, 2);
    expect(sortChildren(tree, key, false).name).toEqual(["all", "c", "a", "b", "y", "x"]);
    expect(sortChildren(tree, key, true).name).toEqual(["all", "a", "c", "b", "y", "x"]);
  });

  it("leaves metrics as they are", () => {
    const study = syntheticStudy(60, 2000);
    const before = groupMetrics(study.tree, study.cells, study.cells.count);
    const sorted = sortChildren(study.tree, before.f1, true);
    const after = groupMetrics(sorted, study.cells, study.cells.count);
    expect([...after.f1]).toEqual([...sorted.wireNode].map((node) => before.f1[node]));
  });
});

describe("ancestors", () => {
  it("agrees with climbing the tree", () => {
    const { tree } = syntheticStudy(50, 500, 3);
    const index = ancestors(tree);
    for (let a = 0; a < 50; a++) {
      for (let b = 0; b < 50; b++) {
        let node = tree.nodeOfLeaf[a];
        while (tree.start[node] > b || tree.stop[node] <= b) node = tree.parent[node];
        expect(index.of(a, b)).toBe(node);
      }
    }
  });

  it("is made once per tree and cells", () => {
    const { tree, cells } = workedExample();
    expect(cellAncestor(tree, cells)).toBe(cellAncestor(tree, cells));
  });
});

function expectSound(tree: Tree): void {
  for (let node = 0; node < tree.nNodes; node++) {
    expect(tree.nodeOfWire[tree.wireNode[node]]).toBe(node);
    if (node > 0) {
      expect(tree.parent[node]).toBeLessThan(node);
      expect(tree.depth[node]).toBe(tree.depth[tree.parent[node]] + 1);
      expect(tree.start[node]).toBeGreaterThanOrEqual(tree.start[tree.parent[node]]);
      expect(tree.stop[node]).toBeLessThanOrEqual(tree.stop[tree.parent[node]]);
    }
    if (tree.classId[node] >= 0) {
      expect(tree.classOfLeaf[tree.start[node]]).toBe(tree.classId[node]);
      expect(tree.nodeOfLeaf[tree.leafOfClass[tree.classId[node]]]).toBe(node);
    }
  }
}

it("finds the common group of every cell in a sorted tree too", () => {
  const { tree, cells } = syntheticStudy(50, 800, 6);
  const sorted = sortChildren(sortChildren(tree, "name", true), sizes(tree), false);
  for (const one of [tree, sorted]) {
    const found = cellAncestor(one, cells);
    for (let cell = 0; cell < cells.true.length; cell++) {
      const [a, b] = [one.leafOfClass[cells.true[cell]], one.leafOfClass[cells.pred[cell]]];
      let node = one.nodeOfLeaf[a];
      while (b < one.start[node] || b >= one.stop[node]) node = one.parent[node];
      expect(found[cell]).toBe(node);
    }
  }
});

function sizes(tree: Tree): Float64Array {
  return Float64Array.from(tree.stop, (stop, node) => stop - tree.start[node]);
}
