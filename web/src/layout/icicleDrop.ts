import type { Tree } from "../core/data";
import { childLists } from "../core/hierarchy";
import type { Axis } from "./frame";
import { hitIcicle } from "./icicle";

/** Where dragged nodes would be put; rows of the tree, lengths in pixels of the plot. */
export interface Drop {
  readonly into: number;
  /** The child they come before; null: last. */
  readonly before: number | null;
  /** The node pointed at; the mark is its box, or a line above or below it. */
  readonly at: number;
  readonly side: "inside" | "above" | "below";
}

/** Thinner groups have no room for three zones. */
const ROOM_FOR_EDGES = 16;

/**
 * Where `dragged` rows dropped at a position go; null where they cannot. In a tree that is not sorted (`isOrdered`) the
 * upper and lower quarter of a group and the halves of a class mean before and after it.
 */
export function dropAt(
  tree: Tree,
  rows: Axis,
  depthEdge: ArrayLike<number>,
  x: number,
  y: number,
  dragged: readonly number[],
  isOrdered: boolean,
): Drop | null {
  const at = hitIcicle(tree, rows, depthEdge, x, y);
  if (at < 0 || dragged.some((row) => isWithin(tree, at, row))) return null;
  const isLeaf = tree.classId[at] >= 0;
  const side = isOrdered && at > 0 ? zone(tree, rows, at, y, isLeaf) : "inside";
  const into = side === "inside" && !isLeaf ? at : tree.parent[at];
  const before = side === "above" ? at : side === "below" ? nextSibling(tree, at) : null;
  return isNoMove(tree, dragged, into, before, isOrdered) ? null : { into, before, at, side };
}

function zone(tree: Tree, rows: Axis, row: number, y: number, isLeaf: boolean): Drop["side"] {
  const top = (tree.start[row] - rows.start) * rows.scale;
  const height = (tree.stop[row] - tree.start[row]) * rows.scale;
  const part = (y - top) / height;
  if (isLeaf) return part < 0.5 ? "above" : "below";
  if (height < ROOM_FOR_EDGES || (part >= 0.25 && part <= 0.75)) return "inside";
  return part < 0.25 ? "above" : "below";
}

function isNoMove(
  tree: Tree,
  dragged: readonly number[],
  into: number,
  before: number | null,
  isOrdered: boolean,
): boolean {
  const [row, ...more] = dragged;
  if (more.length > 0 || row === undefined || tree.parent[row] !== into) return false;
  return !isOrdered || before === nextSibling(tree, row);
}

function isWithin(tree: Tree, row: number, group: number): boolean {
  if (row < group) return false;
  let above = row;
  while (above > group) above = tree.parent[above];
  return above === group;
}

function nextSibling(tree: Tree, row: number): number | null {
  const { first, child } = childLists(tree);
  const siblings = child.subarray(first[tree.parent[row]], first[tree.parent[row] + 1]);
  return siblings[siblings.indexOf(row) + 1] ?? null;
}
