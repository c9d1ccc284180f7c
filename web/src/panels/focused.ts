import type { Tree } from "../core/data";
import { ancestors } from "../core/hierarchy";
import type { Hover, Model } from "../model";

/** The group that is looked at: the hovered one, else the first selected one; −1 for none. */
export function focusedNode({ tree, state }: Model, hover: Hover | null): number {
  const hovered = hover ? hoveredGroup(tree, hover) : -1;
  if (hovered >= 0) return hovered;
  const [wire] = state.selection.kind === "groups" ? state.selection.nodes : [];
  return wire === undefined ? -1 : (tree.nodeOfWire[wire] ?? -1);
}

/** Nodes from the root down to `node`. */
export function pathTo(tree: Tree, node: number): readonly number[] {
  const path: number[] = [];
  for (let at = node; at >= 0; at = tree.parent[at] as number) path.unshift(at);
  return path;
}

/** Of a cell or a region, the smallest group that holds its true and its predicted classes. */
function hoveredGroup(tree: Tree, hover: Hover): number {
  const last = tree.classOfLeaf.length;
  switch (hover.kind) {
    case "node":
      return hover.node < tree.nNodes ? hover.node : -1;
    case "cell":
      return Math.max(hover.row, hover.col) < last ? ancestors(tree).of(hover.row, hover.col) : -1;
    case "region": {
      const start = Math.min(hover.rows.start, hover.cols.start);
      const stop = Math.max(hover.rows.stop, hover.cols.stop);
      return stop <= last ? ancestors(tree).of(start, stop - 1) : -1;
    }
    case "response":
      return hover.leaf < last ? (tree.nodeOfLeaf[hover.leaf] ?? -1) : -1;
    case "neuron":
      return -1;
  }
}
