import { nodeOfRange } from "../core/blocks";
import { formatValue, IciclePainter, type IciclePicture } from "../draw/icicle";
import { drawIcicleDrag, drawTaken, type IcicleDrag } from "../draw/icicleDrag";
import { drawIcicleMarks, type IcicleMarks } from "../draw/icicleMarks";
import { theme } from "../draw/palette";
import { createSurface } from "../draw/surface";
import { colourName } from "../label";
import { devicePlot, plotArea } from "../layout/frame";
import { depthEdges, hitIcicle, icicleBoxes, nodeBox, step, type TreeStep } from "../layout/icicle";
import type { Hover, Model, Pointer, View, ViewContext } from "../model";
import type { Cell } from "../state/cell";
import { zoomTo } from "../zoom";
import { readableBy } from "./focus";
import { dragOf, isEditable } from "./icicleDrag";
import { type Point, watchPointer } from "./pointer";
import { panRows, rowsOf, selectedRows, showLeaves, zoomRows } from "./rows";

const arrows: Readonly<Record<string, TreeStep>> = {
  ArrowLeft: "parent",
  ArrowRight: "child",
  ArrowUp: "previous",
  ArrowDown: "next",
  Home: "first",
  End: "last",
};

/** What the icicle can do besides: move nodes, by wire number, before a child of a group or last. */
export interface IcicleContext extends ViewContext {
  moveNodes?(nodes: readonly number[], into: number, before: number | null): void;
  /** Nodes taken up to be put elsewhere, by wire number. */
  readonly cut?: Pick<Cell<readonly number[]>, "get" | "watch">;
}

/** Show the hierarchy in an element, its rows level with the matrix. */
export function mountIcicle(element: HTMLElement, ctx: IcicleContext): View {
  let model: Model | null = null;
  let drag: IcicleDrag | null = null;
  const controller = new AbortController();
  const painter = new IciclePainter();

  const surface = createSurface(element, {
    data(context) {
      if (model === null) return;
      const { tree, label, state, nodeValue } = model;
      const plot = devicePlot(plotArea(surface), surface.ratio);
      painter.draw(context, {
        label,
        boxes: icicleBoxes(tree, nodeValue, rowsOf(model, plot), depthEdges(tree.maxDepth, plot.width)),
        plot,
        ratio: surface.ratio,
        dark: model.dark,
        kind: kindOf(state.icicle.colour),
        range: model.nodeRange,
        layers: model.layerNames,
      });
    },
    overlay(context) {
      if (model === null) return;
      const { tree, state } = model;
      const plot = devicePlot(plotArea(surface), surface.ratio);
      const { ratio } = surface;
      const marks: IcicleMarks = {
        tree,
        plot,
        rows: rowsOf(model, plot),
        depthEdge: depthEdges(tree.maxDepth, plot.width),
        ratio,
        selected:
          state.selection.kind === "groups"
            ? state.selection.nodes.map((wireNode) => tree.nodeOfWire[wireNode])
            : [],
        selectedRows: selectedRows(model),
        cut: model.cut,
        hovered: drag === null ? hoveredNode(model, ctx.hover.get()) : -1,
        isFocused: document.activeElement === element && element.matches(":focus-visible"),
      };
      const look = theme(model.dark);
      drawIcicleMarks(context, marks, look);
      drawTaken(context, marks, cutRows(tree, ctx.cut?.get() ?? []), look);
      if (drag !== null) {
        drawIcicleDrag(context, marks, { ...drag, x: drag.x * ratio, y: drag.y * ratio }, look);
      }
    },
  });
  const text = readableBy(element, "Class hierarchy. Arrow keys move, Enter selects, Escape clears.");

  function nodeAt(shown: Model, point: Point): number {
    const plot = plotArea(surface);
    const edges = depthEdges(shown.tree.maxDepth, plot.width);
    return hitIcicle(shown.tree, rowsOf(shown, plot), edges, point.x - plot.x, point.y - plot.y);
  }

  watchPointer(
    surface,
    {
      hover(point, clientX, clientY) {
        if (model === null) return;
        const node = nodeAt(model, point);
        element.style.cursor = node > 0 && ctx.moveNodes && isEditable(model) ? "grab" : "";
        const before = ctx.hover.get();
        ctx.pointer.set(node < 0 ? null : { x: clientX, y: clientY, around: boxAround(model, node) });
        if (before?.kind === "node" ? before.node === node : before === null && node < 0) return;
        ctx.hover.set(node < 0 ? null : { kind: "node", node });
      },
      leave() {
        ctx.hover.set(null);
        ctx.pointer.set(null);
      },
      click(point) {
        if (model === null) return;
        const node = nodeAt(model, point);
        if (node >= 0) select(model, node, point.shift);
        else if (!point.shift) ctx.dispatch({ type: "clearSelection" });
      },
      doubleClick(point) {
        if (model === null) return;
        const node = nodeAt(model, point);
        if (node < 0) return;
        const { tree, cells } = model;
        const viewport = zoomTo(tree.start[node], tree.stop[node], cells.nClasses);
        ctx.dispatch({ type: "viewport", viewport });
      },
      drags: (from) =>
        model !== null && ctx.moveNodes !== undefined && isEditable(model) && nodeAt(model, from) > 0,
      drag(from, to, isDone) {
        if (model === null) return;
        ctx.hover.set(null);
        ctx.pointer.set(null);
        drag = dragOf(model, surface, from, to);
        if (isDone && drag !== null) {
          const { dragged, drop } = drag;
          const { wireNode } = model.tree;
          drag = null;
          if (drop !== null) {
            const nodes = dragged.map((row) => wireNode[row]);
            ctx.moveNodes?.(nodes, wireNode[drop.into], drop.before === null ? null : wireNode[drop.before]);
          }
        }
        surface.invalidate("overlay");
      },
      cancelDrag() {
        drag = null;
        surface.invalidate("overlay");
      },
      pan(_, dy) {
        if (model !== null) panRows(ctx, model, -dy / rowsOf(model, plotArea(surface)).scale);
      },
      zoom(factor, point) {
        if (model === null) return;
        const plot = plotArea(surface);
        zoomRows(ctx, model, factor, rowsOf(model, plot), point.y - plot.y);
      },
    },
    controller.signal,
  );

  function boxAround(shown: Model, node: number): Pointer["around"] {
    const plot = plotArea(surface);
    const edges = depthEdges(shown.tree.maxDepth, plot.width);
    const { x0, x1, y0, y1 } = nodeBox(shown.tree, rowsOf(shown, plot), edges, node);
    return surface.toClient(plot.x + x0, plot.y + y0, plot.x + x1, plot.y + y1);
  }

  function select(shown: Model, node: number, add: boolean): void {
    ctx.dispatch({ type: "selectNodes", nodes: [shown.tree.wireNode[node]], add });
  }

  function moveTo(shown: Model, node: number): void {
    const { tree } = shown;
    ctx.hover.set({ kind: "node", node });
    showLeaves(ctx, shown, tree.start[node], tree.stop[node]);
    const around = boxAround(shown, node);
    if (around) ctx.pointer.set({ x: around.right, y: (around.top + around.bottom) / 2, around });
  }

  element.addEventListener(
    "keydown",
    (event) => {
      if (model === null || event.ctrlKey || event.metaKey || event.altKey) return;
      const node = hoveredNode(model, ctx.hover.get());
      const arrow = arrows[event.key];
      if (arrow !== undefined) moveTo(model, node < 0 ? startNode(model) : step(model.tree, node, arrow));
      else if (event.key === "Enter" && node >= 0) select(model, node, event.shiftKey);
      else if (
        event.key === "Escape" &&
        model.state.selection.kind !== "none" &&
        model.state.proposal === null
      ) {
        ctx.dispatch({ type: "clearSelection" });
      } else return;
      event.preventDefault();
      event.stopPropagation();
    },
    { signal: controller.signal },
  );
  for (const type of ["focus", "blur"] as const) {
    element.addEventListener(type, () => surface.invalidate("overlay"), { signal: controller.signal });
  }

  const unwatch = ctx.hover.watch((hover) => {
    surface.invalidate("overlay");
    if (hover?.kind === "node" && model !== null && document.activeElement === element) {
      text.say(describeNode(model, hover.node));
    }
  });

  const unwatchCut = ctx.cut?.watch(() => surface.invalidate("overlay"));

  return {
    update(next) {
      model = next;
      drag = null;
      surface.invalidate("data");
      surface.invalidate("overlay");
    },
    destroy() {
      controller.abort();
      unwatch();
      unwatchCut?.();
      text.remove();
      surface.destroy();
      model = null;
    },
  };
}

function hoveredNode(model: Model, hover: Hover | null): number {
  if (hover?.kind === "node") return hover.node < model.tree.nNodes ? hover.node : -1;
  if (hover?.kind === "cell") return model.tree.nodeOfLeaf[hover.row] ?? -1;
  if (hover?.kind === "response") return model.tree.nodeOfLeaf[hover.leaf] ?? -1;
  if (hover?.kind === "region") return nodeOfRange(model.tree, hover.rows.start, hover.rows.stop);
  return -1;
}

function cutRows(tree: Model["tree"], cut: readonly number[]): readonly number[] {
  return cut.map((node) => tree.nodeOfWire[node] ?? -1).filter((row) => row >= 0);
}

function startNode(model: Model): number {
  const { selection } = model.state;
  return selection.kind === "groups" ? model.tree.nodeOfWire[selection.nodes[0]] : 0;
}

/** What the values of a colour are. */
export function kindOf(colour: Model["state"]["icicle"]["colour"]): IciclePicture["kind"] {
  if (colour === "neuron") return "response";
  if (colour === "agreement") return "overlap";
  if (colour === "separation") return "layer";
  return colour === "change" ? "change" : "rate";
}

function describeNode(model: Model, node: number): string {
  const { tree, nodeValue, state } = model;
  const value = nodeValue[node];
  const name = model.classes.name[tree.classId[node]] ?? tree.name[node];
  const n = tree.stop[node] - tree.start[node];
  const size = n === 1 ? "" : `, ${n} classes`;
  if (Number.isNaN(value)) return `${name}${size}, ${colourName(state.icicle)} undefined`;
  const unit = state.icicle.colour === "change" ? " points" : "";
  const shown = formatValue(value, kindOf(state.icicle.colour), model.layerNames);
  return `${name}${size}, ${colourName(state.icicle)} ${shown}${unit}`;
}
