import { describe, expect, it } from "vitest";
import { focusedNode, pathTo } from "../../src/panels/focused";
import { pageOf } from "./page";

// 0 all, 1 animal, 2 bird, 3 robin, 4 jay, 5 dog, 6 artefact; leaves robin, jay, dog, cup, sleeve
describe("the group looked at", () => {
  const { model } = pageOf("sel=fn:2");
  const on = (hover: Parameters<typeof focusedNode>[1]) => focusedNode(model, hover);

  it("is the hovered one, else the selected one", () => {
    expect(on({ kind: "node", node: 6 })).toBe(6);
    expect(on(null)).toBe(2);
    expect(on({ kind: "neuron", column: 0 })).toBe(2);
    expect(focusedNode(pageOf("").model, null)).toBe(-1);
  });

  it("is the smallest that holds both classes of a cell or all of a region", () => {
    expect(on({ kind: "cell", row: 0, col: 1 })).toBe(2);
    expect(on({ kind: "cell", row: 1, col: 2 })).toBe(1);
    expect(on({ kind: "cell", row: 3, col: 3 })).toBe(model.tree.nodeOfLeaf[3]);
    expect(on({ kind: "region", rows: { start: 0, stop: 2 }, cols: { start: 0, stop: 2 } })).toBe(2);
    expect(on({ kind: "region", rows: { start: 2, stop: 3 }, cols: { start: 4, stop: 5 } })).toBe(0);
  });

  it("is none for what is gone", () => {
    expect(on({ kind: "node", node: 999 })).toBe(2);
    expect(on({ kind: "cell", row: 0, col: 999 })).toBe(2);
    expect(on({ kind: "region", rows: { start: 0, stop: 99 }, cols: { start: 0, stop: 2 } })).toBe(2);
  });

  it("has a path from the root", () => {
    expect(pathTo(model.tree, model.tree.nodeOfLeaf[1] as number)).toEqual([0, 1, 2, 4]);
    expect(pathTo(model.tree, 0)).toEqual([0]);
  });
});
