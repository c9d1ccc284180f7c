import { expect, it } from "vitest";
import { axis } from "../../src/layout/frame";
import { dropAt } from "../../src/layout/icicleDrop";
import { workedExample } from "../core/fixtures";

// all → a (0, 1), b (2, 3); each class is 100 px high, the columns are 20, 60 and 120 px wide.
const { tree } = workedExample();
const at = (name: string) => tree.name.indexOf(name);
const rows = axis(0, 4, 400, 4);
const edges = [0, 20, 80, 200];
const drop = (x: number, y: number, dragged: string, isOrdered = true) =>
  dropAt(tree, rows, edges, x, y, [at(dragged)], isOrdered);

it("puts nodes into the middle of a group, and before or after its edges", () => {
  expect(drop(50, 300, "0")).toEqual({ into: at("b"), before: null, at: at("b"), side: "inside" });
  expect(drop(50, 210, "0")).toEqual({ into: 0, before: at("b"), at: at("b"), side: "above" });
  expect(drop(50, 390, "0")).toEqual({ into: 0, before: null, at: at("b"), side: "below" });
  expect(drop(10, 390, "0")).toEqual({ into: 0, before: null, at: 0, side: "inside" });
});

it("puts nodes before or after a class", () => {
  expect(drop(150, 210, "0")).toMatchObject({ into: at("b"), before: at("2"), side: "above" });
  expect(drop(150, 290, "0")).toMatchObject({ into: at("b"), before: at("3"), side: "below" });
  expect(drop(150, 390, "0")).toMatchObject({ into: at("b"), before: null, side: "below" });
});

it("knows no order in a sorted tree", () => {
  expect(drop(150, 210, "0", false)).toEqual({ into: at("b"), before: null, at: at("2"), side: "inside" });
  expect(drop(50, 210, "0", false)).toEqual({ into: at("b"), before: null, at: at("b"), side: "inside" });
  expect(drop(50, 100, "0", false)).toBeNull();
});

it("refuses what would change nothing, and a group inside itself", () => {
  expect(drop(50, 100, "a")).toBeNull();
  expect(drop(150, 20, "a")).toBeNull();
  expect(drop(150, 110, "0")).toBeNull();
  expect(drop(150, 190, "0")).toMatchObject({ into: at("a"), before: null, side: "below" });
  expect(drop(300, 100, "0")).toBeNull();
});
