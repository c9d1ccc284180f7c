import type { Tree } from "../core/data";
import { childLists } from "../core/hierarchy";
import type { Axis } from "./frame";

export interface ColumnLabel {
  readonly node: number;
  /** Visible part, in pixels of the axis. */
  readonly start: number;
  readonly stop: number;
}

export interface ColumnLabels {
  /** The groups that frame the view, written level. */
  readonly groups: readonly ColumnLabel[];
  /** The smallest classes and groups that have room for a line of text, written upwards. */
  readonly names: readonly ColumnLabel[];
}

/** Choose the labels above the columns: `line` is the room in pixels that one line of text takes. */
export function columnLabels(tree: Tree, columns: Axis, line: number): ColumnLabels {
  const { first, child } = childLists(tree);
  const frame = framingGroup(tree, columns, first, child);
  const groups: ColumnLabel[] = [];
  const names: ColumnLabel[] = [];
  const label = (node: number): ColumnLabel | null => {
    const start = Math.max(0, (tree.start[node] - columns.start) * columns.scale);
    const stop = Math.min(columns.pixels, (tree.stop[node] - columns.start) * columns.scale);
    return stop - start >= 1 ? { node, start, stop } : null;
  };
  for (let i = first[frame]; i < first[frame + 1]; i++) {
    const group = label(child[i]);
    if (group === null) continue;
    const isLeaf = tree.classId[group.node] >= 0;
    if (!isLeaf) groups.push(group);
    const before = names.length;
    const stack = [group.node];
    while (stack.length > 0) {
      const node = stack.pop() as number;
      const shown = label(node);
      if (shown === null || (tree.stop[node] - tree.start[node]) * columns.scale < line) continue;
      const found = names.length;
      const children: number[] = [];
      for (let k = first[node]; k < first[node + 1]; k++) children.push(child[k]);
      const hasRoom = children.some((c) => (tree.stop[c] - tree.start[c]) * columns.scale >= line);
      if (hasRoom) stack.push(...children.reverse());
      else if (names.length === found && shown.stop - shown.start >= line * 0.75) names.push(shown);
    }
    const onlyItself = names.length === before + 1 && names[before].node === group.node;
    if (onlyItself && !isLeaf) names.pop();
  }
  const own = groups.length === 0 && frame > 0 ? label(frame) : null;
  return { groups: own === null ? groups : [own], names };
}

/** Heights in CSS px: the baseline under the group names. */
export const groupLine = 20;
/** Room that a line of text takes among the columns, in CSS px. */
export const textLine = 13;

/** The node named above a position (CSS px from the plot's left edge and the element's top), or −1. */
export function hitColumnLabel(tree: Tree, columns: Axis, x: number, y: number): number {
  const { groups, names } = columnLabels(tree, columns, textLine);
  const labels = y < groupLine ? groups : names;
  const hit = labels.find(({ start, stop }) => x >= start && x < stop);
  return hit?.node ?? -1;
}

/** The smallest group that holds everything in view. */
function framingGroup(tree: Tree, columns: Axis, first: Int32Array, child: Int32Array): number {
  let frame = 0;
  for (;;) {
    let inner = -1;
    for (let i = first[frame]; i < first[frame + 1]; i++) {
      if (tree.start[child[i]] <= columns.start && tree.stop[child[i]] >= columns.stop) inner = child[i];
    }
    if (inner < 0 || tree.classId[inner] >= 0) return frame;
    frame = inner;
  }
}
