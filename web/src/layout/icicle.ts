import type { Tree } from "../core/data";
import { childLists } from "../core/hierarchy";
import { type Axis, edge } from "./frame";

export interface IcicleBox {
  /** Node whose value is shown; a run of siblings too thin to draw is one box with node −1. */
  readonly node: number;
  readonly x0: number;
  readonly x1: number;
  readonly y0: number;
  readonly y1: number;
  readonly value: number;
}

/** Left edge of every depth, then the right edge; a thin root, a wide last column for the class names. */
export function depthEdges(maxDepth: number, width: number): Float64Array {
  const edges = new Float64Array(maxDepth + 2);
  edges[maxDepth + 1] = width;
  if (maxDepth === 0) return edges;
  const root = Math.min(14, width / (maxDepth + 1));
  const inner = maxDepth - 1;
  const share = Math.max(16, (width - root) / (inner * 1.25 + 1.5));
  const column = inner === 0 ? 0 : Math.min(share, ((width - root) * 0.75) / inner);
  for (let depth = 1; depth <= maxDepth; depth++) edges[depth] = root + column * (depth - 1);
  return edges;
}

/**
 * The boxes in view, in pixels of the plot. A node thinner than a pixel is drawn to the right edge with its own
 * value and its descendants are left out; neighbours that share a pixel are drawn as their mean.
 */
export function icicleBoxes(
  tree: Tree,
  value: Float64Array,
  rows: Axis,
  depthEdge: ArrayLike<number>,
): IcicleBox[] {
  const { first, child } = childLists(tree);
  const right = depthEdge[depthEdge.length - 1];
  const boxes: IcicleBox[] = [];
  const thin = Array.from(
    { length: tree.maxDepth + 1 },
    (): Run => ({ y: -1, sum: 0, n: 0, node: -1, members: 0 }),
  );
  const flush = (depth: number) => {
    const run = thin[depth];
    if (run.members === 0) return;
    const mean = run.n > 0 ? run.sum / run.n : Number.NaN;
    const node = run.members === 1 ? run.node : -1;
    boxes.push({ node, x0: depthEdge[depth], x1: right, y0: run.y, y1: run.y + 1, value: mean });
    run.members = 0;
    run.sum = 0;
    run.n = 0;
  };
  const stack = tree.nNodes > 0 ? [0] : [];
  while (stack.length > 0) {
    const node = stack.pop() as number;
    const depth = tree.depth[node];
    if ((tree.stop[node] - tree.start[node]) * rows.scale < 1) {
      const y = Math.floor((tree.start[node] - rows.start) * rows.scale);
      if (y < 0 || y >= rows.pixels) continue;
      const run = thin[depth];
      if (run.y !== y) flush(depth);
      run.y = y;
      run.node = node;
      run.members++;
      if (!Number.isNaN(value[node])) {
        run.sum += value[node];
        run.n++;
      }
      continue;
    }
    boxes.push({
      node,
      x0: depthEdge[depth],
      x1: tree.classId[node] >= 0 ? right : depthEdge[depth + 1],
      y0: Math.max(0, edge(rows, tree.start[node])),
      y1: Math.min(rows.pixels, edge(rows, tree.stop[node])),
      value: value[node],
    });
    const from = firstBeyond(tree.stop, child, first[node], first[node + 1], rows.start);
    let to = from;
    while (to < first[node + 1] && tree.start[child[to]] < rows.stop) to++;
    for (let i = to - 1; i >= from; i--) stack.push(child[i]);
  }
  for (let depth = 0; depth <= tree.maxDepth; depth++) flush(depth);
  return boxes;
}

/** Thin siblings and cousins that share a row of pixels. */
interface Run {
  y: number;
  sum: number;
  n: number;
  node: number;
  members: number;
}

/** The first child of a node, which are in leaf order, that ends beyond a leaf. */
function firstBeyond(stop: Int32Array, child: Int32Array, first: number, last: number, leaf: number): number {
  let low = first;
  let high = last;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (stop[child[middle]] > leaf) high = middle;
    else low = middle + 1;
  }
  return low;
}

/** The visible part of a node's box, in the unit of the plot. */
export function nodeBox(
  tree: Tree,
  rows: Axis,
  depthEdge: ArrayLike<number>,
  node: number,
): { readonly x0: number; readonly x1: number; readonly y0: number; readonly y1: number } {
  const isLeaf = tree.classId[node] >= 0;
  const clip = (leaf: number) => Math.min(rows.pixels, Math.max(0, (leaf - rows.start) * rows.scale));
  return {
    x0: depthEdge[tree.depth[node]],
    x1: depthEdge[isLeaf ? depthEdge.length - 1 : tree.depth[node] + 1],
    y0: clip(tree.start[node]),
    y1: clip(tree.stop[node]),
  };
}

/** The node at a position in the plot, or −1. */
export function hitIcicle(
  tree: Tree,
  rows: Axis,
  depthEdge: ArrayLike<number>,
  x: number,
  y: number,
): number {
  if (y < 0 || y >= rows.pixels || x < 0 || x >= depthEdge[depthEdge.length - 1]) return -1;
  const leaf = Math.floor(rows.start + y / rows.scale);
  if (leaf < 0 || leaf >= tree.nodeOfLeaf.length) return -1;
  let node = tree.nodeOfLeaf[leaf];
  while (node > 0 && depthEdge[tree.depth[node]] > x) node = tree.parent[node];
  return node;
}

export type TreeStep = "parent" | "child" | "previous" | "next" | "first" | "last";

/** The node that an arrow key leads to; at an end the node itself. */
export function step(tree: Tree, node: number, direction: TreeStep): number {
  if (direction === "parent") return Math.max(0, tree.parent[node]);
  if (direction === "child") return tree.classId[node] >= 0 || tree.nNodes === 1 ? node : node + 1;
  if (direction === "first") return 0;
  if (direction === "last") return tree.nNodes - 1;
  return neighbour(tree, node, direction === "next" ? 1 : -1);
}

/** The nearest node above or below whose box lies in the same depth column: a cousin, or a leaf that reaches there. */
function neighbour(tree: Tree, node: number, sign: 1 | -1): number {
  const depth = tree.depth[node];
  for (let other = node + sign; other > 0 && other < tree.nNodes; other += sign) {
    const isBeside = sign === 1 ? tree.start[other] >= tree.stop[node] : tree.stop[other] <= tree.start[node];
    if (!isBeside) continue;
    if (tree.depth[other] === depth) return other;
    if (tree.depth[other] < depth && tree.classId[other] >= 0) return other;
  }
  return node;
}
