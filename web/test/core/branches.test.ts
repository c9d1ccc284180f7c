import { describe, expect, it } from "vitest";
import {
  type Cut,
  classesBelow,
  fitCut,
  groupAbove,
  levelCut,
  mergeCut,
  type Recut,
  splitCut,
} from "../../src/core/branches";
import type { Tree } from "../../src/core/data";
import { applyEdits } from "../../src/core/edits";
import { sortChildren } from "../../src/core/hierarchy";
import { syntheticStudy } from "../gallery/synthetic";
import { pageOf } from "../panels/page";

// all(0): animal(1): bird(2): robin(3) jay(4); dog(5). artefact(6): cup(7) sleeve(8).
const small = pageOf("").model.tree;
const large = syntheticStudy(120, 500, 3).tree;

function cutOf(made: Recut): Cut {
  if ("reason" in made) throw new Error(made.reason);
  return made.cut;
}

/** By class, the group of a cut it lies in: the oracle for whether a cut divides the classes. */
function groupOfClass(tree: Tree, cut: Cut): number[] {
  const group = new Array<number>(tree.classOfLeaf.length).fill(-1);
  for (const node of cut) {
    for (const classId of classesBelow(tree, node)) {
      expect(group[classId]).toBe(-1);
      group[classId] = node;
    }
  }
  expect(group).not.toContain(-1);
  return group;
}

function random(seed: number): () => number {
  let state = seed + 1;
  return () => {
    state = (state * 48271) % 2147483647;
    return state / 2147483647;
  };
}

describe("a cut", () => {
  it("of a level has the leaves above it", () => {
    expect(levelCut(small, 1)).toEqual([1, 6]);
    expect(levelCut(small, 2)).toEqual([2, 5, 7, 8]);
    expect(levelCut(small, 3)).toEqual([3, 4, 5, 7, 8]);
    for (let depth = 1; depth <= large.maxDepth; depth++) groupOfClass(large, levelCut(large, depth));
  });

  it("is fitted from nodes of the tree as on the wire, in leaf order", () => {
    expect(fitCut(small, [6, 5, 2])).toEqual([2, 5, 6]);
    const turned = sortChildren(
      small,
      Float64Array.from({ length: 9 }, (_, node) => -node),
      false,
    );
    const names = fitCut(turned, [6, 5, 2]).map((node) => turned.name[node]);
    expect(names).toEqual(["artefact", "dog", "bird"]);
  });

  it("gives classes without a group the largest groups there are, and leaves out what lies below another", () => {
    expect(fitCut(small, [])).toEqual([1, 6]);
    expect(fitCut(small, [0, 99])).toEqual([1, 6]);
    expect(fitCut(small, [3])).toEqual([3, 4, 5, 6]);
    expect(fitCut(small, [1, 3, 4])).toEqual([1, 6]);
    const next = random(1);
    for (let trial = 0; trial < 200; trial++) {
      const nodes = Array.from({ length: Math.floor(next() * 12) }, () => Math.floor(next() * large.nNodes));
      const cut = fitCut(large, nodes);
      groupOfClass(large, cut);
      expect(cut.length).toBeGreaterThan(1);
      expect(cut.map((node) => large.start[node])).toEqual(
        [...cut].map((node) => large.start[node] as number).sort((a, b) => a - b),
      );
    }
  });

  it("stays a cut when the tree is edited", () => {
    const dissolved = applyEdits(small, [{ kind: "dissolve", node: 2 }]);
    expect(fitCut(dissolved, [2, 5, 6]).map((node) => dissolved.name[node])).toEqual([
      "robin",
      "jay",
      "dog",
      "artefact",
    ]);
    const grouped = applyEdits(small, [{ kind: "group", nodes: [5, 2], name: "pets" }]);
    expect(
      fitCut(grouped, [2, 5, 6])
        .map((node) => grouped.name[node])
        .sort(),
    ).toEqual(["artefact", "bird", "dog"]);
  });
});

describe("splitting", () => {
  it("makes a group its children", () => {
    expect(splitCut(small, [1, 6], 1)).toEqual({ cut: [2, 5, 6], changed: [2, 5] });
  });

  it("makes a node below a group a group, beside all that leave its path", () => {
    expect(splitCut(small, [1, 6], 4)).toEqual({ cut: [3, 4, 5, 6], changed: [3, 4, 5] });
  });

  it("refuses classes and what is coarser than the groups", () => {
    expect(splitCut(small, [2, 5, 6], 5)).toEqual({ reason: "A class cannot be split." });
    expect(splitCut(small, [2, 5, 6], 1)).toHaveProperty("reason");
  });
});

describe("merging", () => {
  it("puts a group and its siblings, however fine, into their parent", () => {
    expect(mergeCut(small, [2, 5, 6], 5)).toEqual({ cut: [1, 6], changed: [1] });
    expect(mergeCut(small, [3, 4, 5, 6], 5)).toEqual({ cut: [1, 6], changed: [1] });
  });

  it("makes a node above the groups a group", () => {
    expect(mergeCut(small, [3, 4, 5, 7, 8], 1)).toEqual({ cut: [1, 7, 8], changed: [1] });
  });

  it("leaves at least two groups and refuses what is finer", () => {
    expect(mergeCut(small, [1, 6], 6)).toEqual({ reason: "A branch needs at least two groups." });
    expect(mergeCut(small, [2, 5, 6], 0)).toEqual({ reason: "A branch needs at least two groups." });
    expect(mergeCut(small, [2, 5, 6], 3)).toHaveProperty("reason");
  });

  it("takes any splitting back", () => {
    const next = random(2);
    for (let trial = 0; trial < 100; trial++) {
      const before = fitCut(large, [Math.floor(next() * large.nNodes), Math.floor(next() * large.nNodes)]);
      const node = before[Math.floor(next() * before.length)] as number;
      if (large.classId[node] >= 0) continue;
      const split = splitCut(large, before, node);
      groupOfClass(large, cutOf(split));
      expect(cutOf(mergeCut(large, cutOf(split), node))).toEqual(before);
      for (const part of cutOf(split)) expect(groupAbove(large, cutOf(split), part)).toBe(part);
    }
  });
});
