import type { Tree } from "../core/data";
import type { IcicleDrag } from "../draw/icicleDrag";
import { beginning } from "../draw/text";
import { type Plot, plotArea } from "../layout/frame";
import { depthEdges, hitIcicle } from "../layout/icicle";
import { type Drop, dropAt } from "../layout/icicleDrop";
import type { Model } from "../model";
import type { Point } from "./pointer";
import { rowsOf } from "./rows";

const MOST_LETTERS = 22;

/** Whether nodes can be dragged: only while the hierarchy is being edited, so that nobody moves one by chance. */
export function isEditable({ state }: Model): boolean {
  return state.side === "hierarchy" && state.workbench === "edit" && state.proposal === null;
}

/** Rows that a press on one drags: all selected nodes when it is one of them. */
export function draggedRows({ tree, state }: Model, row: number): readonly number[] {
  const { selection } = state;
  if (selection.kind !== "groups" || !selection.nodes.includes(tree.wireNode[row])) return [row];
  return selection.nodes.map((node) => tree.nodeOfWire[node]).filter((one) => one > 0);
}

/** A drag from one point of the view to another, both in CSS px; null where there is nothing to drag. */
export function dragOf(
  model: Model,
  size: { readonly width: number; readonly height: number },
  from: Point,
  to: Point,
): (IcicleDrag & { readonly drop: Drop | null }) | null {
  const { tree } = model;
  const plot = plotArea(size);
  const rows = rowsOf(model, plot);
  const edges = depthEdges(tree.maxDepth, plot.width);
  const pressed = hitIcicle(tree, rows, edges, ...inPlot(plot, from));
  if (pressed <= 0) return null;
  const dragged = draggedRows(model, pressed);
  const drop = dropAt(
    tree,
    rows,
    edges,
    ...inPlot(plot, to),
    dragged,
    model.state.icicle.sort === "hierarchy",
  );
  return { dragged, drop, text: describe(tree, model.label, dragged, drop), x: to.x, y: to.y };
}

function inPlot(plot: Plot, point: Point): readonly [number, number] {
  return [point.x - plot.x, point.y - plot.y];
}

function describe(
  tree: Tree,
  label: readonly string[],
  dragged: readonly number[],
  drop: Drop | null,
): string {
  const name = (row: number) => {
    const whole = label[row] || "all";
    return whole.length > MOST_LETTERS ? `${beginning(whole, MOST_LETTERS)}…` : whole;
  };
  const what = dragged.length === 1 ? name(dragged[0]) : `${dragged.length} nodes`;
  if (drop === null) return what;
  if (drop.side === "inside") return `${what} → into ${name(drop.into)}`;
  const where = drop.side === "above" ? "before" : "after";
  const inGroup = dragged.every((row) => tree.parent[row] === drop.into) ? "" : `, in ${name(drop.into)}`;
  return `${what} → ${where} ${name(drop.at)}${inGroup}`;
}
