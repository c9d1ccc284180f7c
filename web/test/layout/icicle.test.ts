import { describe, expect, it } from "vitest";
import { sortChildren } from "../../src/core/hierarchy";
import { axis, edge } from "../../src/layout/frame";
import { depthEdges, hitIcicle, icicleBoxes, step } from "../../src/layout/icicle";
import { workedExample } from "../core/fixtures";
import { syntheticStudy } from "../gallery/synthetic";

const { tree } = workedExample();

describe("depthEdges", () => {
  it("rises from the left to the right edge", () => {
    for (const maxDepth of [0, 1, 2, 5, 13, 400]) {
      const edges = [...depthEdges(maxDepth, 280)];
      expect(edges).toHaveLength(maxDepth + 2);
      expect(edges[0]).toBe(0);
      expect(edges[maxDepth + 1]).toBe(280);
      for (let depth = 0; depth <= maxDepth; depth++) expect(edges[depth + 1]).toBeGreaterThan(edges[depth]);
    }
  });
});

describe("icicleBoxes", () => {
  it("lays children beside their parent and leaves to the right edge", () => {
    const rows = axis(0, 4, 400, 4);
    const edges = depthEdges(tree.maxDepth, 200);
    const boxes = icicleBoxes(tree, new Float64Array(tree.nNodes), rows, edges);
    expect(boxes.map(({ node }) => node)).toEqual([0, 1, 2, 3, 4, 5, 6]);
    for (const box of boxes) {
      expect(box.y0).toBe(tree.start[box.node] * 100);
      expect(box.y1).toBe(tree.stop[box.node] * 100);
      expect(box.x0).toBe(edges[tree.depth[box.node]]);
      expect(box.x1).toBe(tree.classId[box.node] >= 0 ? 200 : edges[tree.depth[box.node] + 1]);
    }
  });

  it("leaves out what is not in view and clips the rest", () => {
    const boxes = icicleBoxes(tree, new Float64Array(tree.nNodes), axis(0.5, 1.5, 100, 4), [0, 10, 20, 60]);
    expect(boxes.map(({ node }) => tree.name[node])).toEqual(["all", "a", "0", "1"]);
    expect(boxes.map(({ y0, y1 }) => [y0, y1])).toEqual([
      [0, 100],
      [0, 100],
      [0, 50],
      [50, 100],
    ]);
  });

  it("covers every pixel row to the right edge, at any scale", () => {
    const large = syntheticStudy(300, 3000).tree;
    const value = Float64Array.from({ length: large.nNodes }, (_, node) => node);
    for (const pixels of [97, 250, 640]) {
      const rows = axis(0, 300, pixels, 300);
      const boxes = icicleBoxes(large, value, rows, depthEdges(large.maxDepth, 200));
      const isCovered = new Uint8Array(pixels);
      for (const box of boxes) if (box.x1 === 200) isCovered.fill(1, box.y0, box.y1);
      expect(isCovered.every((covered) => covered === 1)).toBe(true);
    }
  });

  it("shows thin neighbours as their mean and leaves undefined ones out of it", () => {
    const value = Float64Array.of(0, 0, 0.2, 0.4, 0, Number.NaN, 0.8);
    const boxes = icicleBoxes(tree, value, axis(0, 4, 2, 4), [0, 10, 20, 60]);
    const thin = boxes.filter(({ x0 }) => x0 === 20);
    expect(thin.map((box) => [box.node, box.y0])).toEqual([
      [-1, 0],
      [-1, 1],
    ]);
    expect(thin[0].value).toBeCloseTo(0.3);
    expect(thin[1].value).toBeCloseTo(0.8);
  });
});

describe("hitIcicle", () => {
  it("finds the node whose box holds the point", () => {
    const rows = axis(0, 4, 400, 4);
    const edges = depthEdges(tree.maxDepth, 200);
    const boxes = icicleBoxes(tree, new Float64Array(tree.nNodes), rows, edges);
    for (const box of boxes) {
      for (const [x, y] of [
        [box.x0, box.y0],
        [box.x1 - 0.01, box.y1 - 0.01],
      ]) {
        expect(hitIcicle(tree, rows, edges, x, y)).toBe(box.node);
      }
    }
    expect(hitIcicle(tree, rows, edges, 200, 10)).toBe(-1);
    expect(hitIcicle(tree, rows, edges, 10, 400)).toBe(-1);
  });

  it("stands level with the matrix after sorting", () => {
    const sorted = sortChildren(tree, "name", true);
    const rows = axis(1, 3, 333, 4);
    const node = sorted.nodeOfLeaf[1];
    const middle = (edge(rows, 1) + edge(rows, 2)) / 2;
    expect(hitIcicle(sorted, rows, [0, 10, 20, 60], 59, middle)).toBe(node);
  });
});

describe("step", () => {
  const name = (node: number) => tree.name[node];
  const at = (label: string) => tree.name.indexOf(label);

  it("moves to parents, children and neighbours of the same column", () => {
    expect(name(step(tree, at("0"), "parent"))).toBe("a");
    expect(name(step(tree, at("b"), "child"))).toBe("2");
    expect(name(step(tree, at("1"), "next"))).toBe("2");
    expect(name(step(tree, at("2"), "previous"))).toBe("1");
    expect(name(step(tree, at("a"), "next"))).toBe("b");
  });

  it("stays at the ends", () => {
    expect(step(tree, 0, "parent")).toBe(0);
    expect(name(step(tree, at("3"), "next"))).toBe("3");
    expect(name(step(tree, at("0"), "previous"))).toBe("0");
    expect(name(step(tree, at("0"), "child"))).toBe("0");
  });
});
