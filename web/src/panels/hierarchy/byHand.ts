import type { Tree } from "../../core/data";
import { childLists } from "../../core/hierarchy";
import type { Edit } from "../../state/state";

/** A change of the tree that a key or a button makes to the selected nodes. */
export type HandEdit = "up" | "down" | "out" | "in" | "group" | "merge" | "dissolve";

/** What to do, or why it cannot be done. */
export type Planned = { readonly edit: Edit } | { readonly reason: string };

export const NEW_GROUP = "new group";

/** The edit of `nodes` (wire numbers) of the drafted tree. */
export function plan(what: HandEdit, tree: Tree, nodes: readonly number[]): Planned {
  const rows = nodes.map((node) => tree.nodeOfWire[node] ?? -1).filter((row) => row >= 0);
  if (rows.length === 0) return { reason: "Select a class or a group first." };
  if (rows.includes(0)) return { reason: "The whole tree stays where it is." };
  switch (what) {
    case "group":
      return group(tree, rows);
    case "merge":
      return merge(tree, rows, nodes);
    case "dissolve":
      return dissolve(tree, rows);
    default:
      return shift(what, tree, rows);
  }
}

/** Put `nodes` last into a group, or behind a class. */
export function paste(tree: Tree, nodes: readonly number[], target: number): Planned {
  const row = tree.nodeOfWire[target] ?? -1;
  const there = nodes.filter((node) => (tree.nodeOfWire[node] ?? -1) >= 0);
  if (there.length === 0) return { reason: "Nothing is cut." };
  if (row < 0) return { reason: "Select the group to put them into." };
  if (tree.classId[row] < 0) return moved(tree, there, row, null);
  return moved(tree, there, tree.parent[row], nextSibling(tree, row));
}

/** The edit that puts `nodes` below the row `into`, before a row or last. */
export function moved(tree: Tree, nodes: readonly number[], into: number, before: number | null): Planned {
  for (const node of nodes) {
    const row = tree.nodeOfWire[node] ?? -1;
    if (row <= 0) return { reason: "The whole tree stays where it is." };
    if (tree.start[into] >= tree.start[row] && into >= row && tree.stop[into] <= tree.stop[row]) {
      return { reason: "A group cannot go into itself." };
    }
  }
  const wireBefore = before === null ? null : tree.wireNode[before];
  return { edit: { kind: "move", nodes, into: tree.wireNode[into], before: wireBefore } };
}

/** The number that the next edit gives to the first node it adds. */
export function nextNumber(tree: Tree): number {
  return tree.nodeOfWire.length;
}

function shift(what: "up" | "down" | "out" | "in", tree: Tree, rows: readonly number[]): Planned {
  const sorted = [...rows].sort((a, b) => a - b);
  const parent = tree.parent[sorted[0]];
  if (sorted.some((row) => tree.parent[row] !== parent)) {
    return { reason: "Only nodes of one group move together; cut and paste the others." };
  }
  const nodes = sorted.map((row) => tree.wireNode[row]);
  const siblings = childrenOf(tree, parent);
  const previous = siblings[siblings.indexOf(sorted[0]) - 1];
  const next = siblings[siblings.indexOf(sorted[sorted.length - 1]) + 1];
  switch (what) {
    case "up":
      return previous === undefined
        ? { reason: "It is the first of its group." }
        : moved(tree, nodes, parent, previous);
    case "down":
      if (next === undefined) return { reason: "It is the last of its group." };
      return moved(tree, nodes, parent, nextSibling(tree, next));
    case "out":
      if (parent === 0) return { reason: "It is at the top level." };
      return moved(tree, nodes, tree.parent[parent], nextSibling(tree, parent));
    case "in":
      if (previous === undefined) return { reason: "There is no group before it to go into." };
      if (tree.classId[previous] >= 0)
        return { reason: "What is before it is a class; group the two instead." };
      return moved(tree, nodes, previous, null);
  }
}

function group(tree: Tree, rows: readonly number[]): Planned {
  const tops = rows.filter((row) => !rows.some((other) => other !== row && isInside(tree, row, other)));
  if (tops.length < 2) return { reason: "Select two or more classes or groups to put into a new one." };
  const top = childrenOf(tree, 0);
  if (top.every((row) => tops.includes(row))) return { reason: "That would be the whole tree." };
  return { edit: { kind: "group", nodes: tops.map((row) => tree.wireNode[row]), name: NEW_GROUP } };
}

function merge(tree: Tree, rows: readonly number[], nodes: readonly number[]): Planned {
  if (rows.some((row) => tree.classId[row] >= 0)) return { reason: "Only groups can be merged." };
  if (rows.length < 2) return { reason: "Select two or more groups; the first one selected stays." };
  if (rows.some((row) => row !== rows[0] && isInside(tree, rows[0], row))) {
    return { reason: "A group cannot be merged into one inside it." };
  }
  return { edit: { kind: "merge", nodes } };
}

function dissolve(tree: Tree, rows: readonly number[]): Planned {
  if (rows.length > 1) return { reason: "Dissolve one group at a time." };
  if (tree.classId[rows[0]] >= 0) return { reason: "A class has nothing to dissolve." };
  return { edit: { kind: "dissolve", node: tree.wireNode[rows[0]] } };
}

function childrenOf(tree: Tree, row: number): readonly number[] {
  const { first, child } = childLists(tree);
  return [...child.subarray(first[row], first[row + 1])];
}

function nextSibling(tree: Tree, row: number): number | null {
  const siblings = childrenOf(tree, tree.parent[row]);
  return siblings[siblings.indexOf(row) + 1] ?? null;
}

function isInside(tree: Tree, row: number, group: number): boolean {
  return row > group && tree.start[row] >= tree.start[group] && tree.stop[row] <= tree.stop[group];
}
