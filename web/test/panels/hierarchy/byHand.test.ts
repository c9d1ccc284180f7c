import { describe, expect, it } from "vitest";
import { applyEdits } from "../../../src/core/edits";
import { moved, nextNumber, type Planned, paste, plan } from "../../../src/panels/hierarchy/byHand";
import { workedExample } from "../../core/fixtures";

// all 0 → a 1 (0: 2, 1: 3), b 4 (2: 5, 3: 6)
const { tree } = workedExample();

/** The names of the classes from top to bottom, with the groups they are in, after an edit. */
function treeAfter(planned: Planned): string {
  if ("reason" in planned) return planned.reason;
  const edited = applyEdits(tree, [planned.edit]);
  const write = (row: number): string => {
    const children = [...edited.parent.keys()].filter((other) => edited.parent[other] === row);
    return children.length === 0
      ? edited.name[row]
      : `${row === 0 ? "" : edited.name[row]}(${children.map(write).join(" ")})`;
  };
  return write(0);
}

describe("plan", () => {
  it("moves nodes among their siblings", () => {
    expect(treeAfter(plan("down", tree, [1]))).toBe("(b(2 3) a(0 1))");
    expect(treeAfter(plan("up", tree, [4]))).toBe("(b(2 3) a(0 1))");
    expect(treeAfter(plan("up", tree, [6]))).toBe("(a(0 1) b(3 2))");
    expect(treeAfter(plan("up", tree, [1]))).toBe("It is the first of its group.");
    expect(treeAfter(plan("down", tree, [6]))).toBe("It is the last of its group.");
    expect(treeAfter(plan("down", tree, [1, 4]))).toBe("It is the last of its group.");
  });

  it("moves nodes out of their group and into the one before", () => {
    expect(treeAfter(plan("out", tree, [2]))).toBe("(1 0 b(2 3))");
    expect(treeAfter(plan("out", tree, [1]))).toBe("It is at the top level.");
    expect(treeAfter(plan("in", tree, [4]))).toBe("(0 1 b(2 3))");
    expect(treeAfter(plan("in", tree, [1]))).toBe("There is no group before it to go into.");
    expect(treeAfter(plan("in", tree, [3]))).toBe("What is before it is a class; group the two instead.");
    expect(treeAfter(plan("up", tree, [3, 6]))).toBe(
      "Only nodes of one group move together; cut and paste the others.",
    );
  });

  it("groups, merges and dissolves", () => {
    expect(treeAfter(plan("group", tree, [2, 5]))).toBe("(a(new group(0 2) 1) 3)");
    expect(treeAfter(plan("group", tree, [1, 2]))).toMatch(/^Select two or more/);
    expect(treeAfter(plan("group", tree, [1, 4]))).toBe("That would be the whole tree.");
    expect(treeAfter(plan("merge", tree, [1, 4]))).toBe("(0 1 2 3)");
    expect(treeAfter(plan("merge", tree, [1, 2]))).toBe("Only groups can be merged.");
    expect(treeAfter(plan("merge", tree, [1]))).toMatch(/^Select two or more groups/);
    expect(treeAfter(plan("dissolve", tree, [4]))).toBe("(a(0 1) 2 3)");
    expect(treeAfter(plan("dissolve", tree, [2]))).toBe("A class has nothing to dissolve.");
  });

  it("leaves the root, and what is gone, alone", () => {
    for (const what of ["up", "out", "group", "merge", "dissolve"] as const) {
      expect(treeAfter(plan(what, tree, [0]))).toBe("The whole tree stays where it is.");
      expect(treeAfter(plan(what, tree, [99]))).toBe("Select a class or a group first.");
    }
  });

  it("gives the number that a new group will have", () => {
    const planned = plan("group", tree, [2, 5]);
    if ("reason" in planned) throw new Error(planned.reason);
    const edited = applyEdits(tree, [planned.edit]);
    expect(edited.name[edited.nodeOfWire[nextNumber(tree)]]).toBe("new group");
  });
});

describe("paste", () => {
  it("puts nodes into a group or behind a class", () => {
    expect(treeAfter(paste(tree, [2], 4))).toBe("(1 b(2 3 0))");
    expect(treeAfter(paste(tree, [2], 5))).toBe("(1 b(2 0 3))");
    expect(treeAfter(paste(tree, [6], 2))).toBe("(a(0 3 1) 2)");
  });

  it("says why it cannot", () => {
    expect(treeAfter(paste(tree, [], 4))).toBe("Nothing is cut.");
    expect(treeAfter(paste(tree, [2], -1))).toBe("Select the group to put them into.");
    expect(treeAfter(paste(tree, [1], 2))).toBe("A group cannot go into itself.");
    expect(treeAfter(moved(tree, [0], 1, null))).toBe("The whole tree stays where it is.");
  });
});
