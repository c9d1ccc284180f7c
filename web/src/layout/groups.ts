import type { Tree } from "../core/data";
import { type Axis, edge, type Plot } from "./frame";

/** Outline of a group in a matrix, in the pixels of the plot's element. */
export interface GroupBox {
  readonly depth: number;
  readonly x0: number;
  readonly y0: number;
  readonly x1: number;
  readonly y1: number;
}

/** Groups to outline, deepest first: children of the root always, deeper ones as soon as they are `least` pixels high. */
export function groupBoxes(
  tree: Tree,
  plot: Plot,
  columns: Axis,
  rows: Axis,
  least: number,
): readonly GroupBox[] {
  const boxes: GroupBox[] = [];
  for (let node = tree.nNodes - 1; node > 0; node--) {
    if (tree.classId[node] >= 0) continue;
    const depth = tree.depth[node];
    if (depth > 1 && (tree.stop[node] - tree.start[node]) * rows.scale < least) continue;
    const x0 = plot.x + edge(columns, tree.start[node]);
    const x1 = plot.x + edge(columns, tree.stop[node]);
    const y0 = plot.y + edge(rows, tree.start[node]);
    const y1 = plot.y + edge(rows, tree.stop[node]);
    if (x1 <= plot.x || y1 <= plot.y || x0 >= plot.x + plot.width || y0 >= plot.y + plot.height) continue;
    boxes.push({ depth, x0, y0, x1, y1 });
  }
  return boxes;
}
