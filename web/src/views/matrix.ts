import { findCell } from "../core/cells";
import { MatrixPainter } from "../draw/matrix";
import { drawMatrixMarks } from "../draw/matrixMarks";
import { theme } from "../draw/palette";
import { createSurface } from "../draw/surface";
import {
  type Axis,
  axis,
  devicePlot,
  leafAt,
  type Plot,
  panned,
  squarePlot,
  visibleRect,
  zoomed,
} from "../layout/frame";
import { hitColumnLabel } from "../layout/labels";
import {
  groupAround,
  hitMatrix,
  leafRanges,
  type MatrixScene,
  type MatrixTarget,
  matrixScene,
  orderCells,
} from "../layout/matrix";
import { memo } from "../memo";
import type { Hover, Model, Pointer, Tree, View, ViewContext } from "../model";
import type { Range } from "../state/state";
import { zoomTo } from "../zoom";
import { readableBy } from "./focus";
import { type Point, watchPointer } from "./pointer";

/** Cells smaller than this many CSS px are picked from their surroundings. */
const reachCss = 5;

interface Box {
  readonly rows: Range;
  readonly cols: Range;
}

/** Show the confusion matrix in an element. */
export function mountMatrix(element: HTMLElement, ctx: ViewContext): View {
  let model: Model | null = null;
  let rubber: Box | null = null;
  const controller = new AbortController();
  const painter = new MatrixPainter();
  const orderOf = memo(orderCells);
  const colouredOf = memo(matrixScene);

  function sceneOf(shown: Model): MatrixScene {
    const { mapped, scale } = shown;
    return colouredOf(orderOf(shown.tree, mapped.pattern), mapped, scale, shown.state.encoding.diagonal);
  }

  const surface = createSurface(element, {
    data(context) {
      if (model === null) return;
      const plot = devicePlot(squarePlot(surface), surface.ratio);
      const { encoding } = model.state;
      painter.draw(context, {
        scene: sceneOf(model),
        tree: model.tree,
        label: model.label,
        mapped: model.mapped,
        plot,
        ...axesOf(model, plot),
        ratio: surface.ratio,
        dark: model.dark,
        colours: encoding.colours,
        halo: encoding.halo,
        diagonal: encoding.diagonal,
      });
    },
    overlay(context) {
      if (model === null) return;
      const { tree, state } = model;
      const { selection } = state;
      const plot = devicePlot(squarePlot(surface), surface.ratio);
      const hover = ctx.hover.get();
      drawMatrixMarks(
        context,
        {
          plot,
          ...axesOf(model, plot),
          ratio: surface.ratio,
          group:
            selection.kind === "groups"
              ? { ranges: leafRanges(tree, selection.nodes), part: selection.part }
              : null,
          boxes: selection.kind === "cells" ? selection.boxes : [],
          rubber,
          hovered: hoveredBox(tree, hover),
          cross: hover?.kind === "cell" && rubber === null ? hover : null,
          crossRow: hover?.kind === "response" ? hover.leaf : null,
        },
        theme(model.dark),
      );
    },
  });
  const text = readableBy(element, "Confusion matrix: rows are true classes, columns predicted classes");

  function targetAt(shown: Model, point: Point): MatrixTarget | null {
    const plot = squarePlot(surface);
    const { columns, rows } = axesOf(shown, plot);
    return hitMatrix(sceneOf(shown), columns, rows, point.x - plot.x, point.y - plot.y, reachCss);
  }

  function labelAt(shown: Model, point: Point): number {
    const plot = squarePlot(surface);
    if (point.y < 0 || point.y >= plot.y) return -1;
    const { columns } = axesOf(shown, plot);
    return hitColumnLabel(shown.tree, columns, point.x - plot.x, point.y);
  }

  function cellAround(shown: Model, row: number, col: number): Pointer["around"] {
    const plot = squarePlot(surface);
    const { columns, rows } = axesOf(shown, plot);
    const x = plot.x + (col - columns.start) * columns.scale;
    const y = plot.y + (row - rows.start) * rows.scale;
    return surface.toClient(x, y, x + columns.scale, y + rows.scale);
  }

  function labelAround(shown: Model, node: number): Pointer["around"] {
    const plot = squarePlot(surface);
    const { columns } = axesOf(shown, plot);
    const at = (leaf: number) =>
      plot.x + Math.min(plot.width, Math.max(0, (leaf - columns.start) * columns.scale));
    return surface.toClient(at(shown.tree.start[node]), 0, at(shown.tree.stop[node]), plot.y);
  }

  function boxBetween(shown: Model, from: Point, to: Point): Box {
    const plot = squarePlot(surface);
    const { columns, rows } = axesOf(shown, plot);
    const n = shown.cells.nClasses;
    return {
      rows: rangeBetween(rows, from.y - plot.y, to.y - plot.y, n),
      cols: rangeBetween(columns, from.x - plot.x, to.x - plot.x, n),
    };
  }

  function setRubber(box: Box | null): void {
    rubber = box;
    surface.invalidate("overlay");
  }

  watchPointer(
    surface,
    {
      hover(point, clientX, clientY) {
        if (model === null) return;
        const target = targetAt(model, point);
        const node = target === null ? labelAt(model, point) : -1;
        const isHovering = target !== null || node >= 0;
        const before = ctx.hover.get();
        const isSame =
          before?.kind === "cell"
            ? target !== null && before.row === target.row && before.col === target.col
            : before?.kind === "node" && target === null && before.node === node;
        element.style.cursor = target !== null ? "crosshair" : node >= 0 ? "pointer" : "";
        const around =
          target !== null
            ? cellAround(model, target.row, target.col)
            : node >= 0
              ? labelAround(model, node)
              : undefined;
        ctx.pointer.set(isHovering ? { x: clientX, y: clientY, around } : null);
        if (isSame) return;
        if (target !== null) ctx.hover.set({ kind: "cell", row: target.row, col: target.col });
        else ctx.hover.set(node >= 0 ? { kind: "node", node } : null);
      },
      leave() {
        ctx.hover.set(null);
        ctx.pointer.set(null);
      },
      click(point) {
        if (model === null) return;
        const target = targetAt(model, point);
        const node = target === null ? labelAt(model, point) : -1;
        if (node >= 0) {
          ctx.dispatch({
            type: "selectNodes",
            nodes: [model.tree.wireNode[node]],
            part: "pred",
            add: point.shift,
          });
        } else if (target?.filled) {
          selectCell(target.row, target.col, point.shift);
        } else if (target === null && !point.shift) {
          ctx.dispatch({ type: "clearSelection" });
        }
      },
      doubleClick(point) {
        if (model === null) return;
        const target = targetAt(model, point);
        const node =
          target === null ? labelAt(model, point) : groupAround(model.tree, target.row, target.col);
        if (node >= 0) zoomToNode(model, node);
      },
      drag(from, to, isDone) {
        if (model === null) return;
        const box = boxBetween(model, from, to);
        setRubber(isDone ? null : box);
        if (isDone) ctx.dispatch({ type: "selectCells", ...box, add: from.shift || to.shift });
      },
      cancelDrag: () => setRubber(null),
      pan(dx, dy) {
        if (model === null) return;
        const { columns, rows } = axesOf(model, squarePlot(surface));
        pan(-dx / columns.scale, -dy / rows.scale);
      },
      zoom(factor, point) {
        if (model === null) return;
        const plot = squarePlot(surface);
        const { columns, rows } = axesOf(model, plot);
        const x = columns.start + Math.min(plot.width, Math.max(0, point.x - plot.x)) / columns.scale;
        const y = rows.start + Math.min(plot.height, Math.max(0, point.y - plot.y)) / rows.scale;
        zoom(factor, x, y);
      },
    },
    controller.signal,
  );

  function selectCell(row: number, col: number, add: boolean): void {
    ctx.dispatch({
      type: "selectCells",
      rows: { start: row, stop: row + 1 },
      cols: { start: col, stop: col + 1 },
      add,
    });
  }

  function zoomToNode(shown: Model, node: number): void {
    const { tree, cells } = shown;
    ctx.dispatch({ type: "viewport", viewport: zoomTo(tree.start[node], tree.stop[node], cells.nClasses) });
  }

  function pan(dx: number, dy: number): void {
    if (model === null || model.state.viewport === null) return;
    ctx.dispatch({
      type: "viewport",
      viewport: panned(model.state.viewport, dx, dy, model.cells.nClasses),
    });
  }

  function zoom(factor: number, x: number, y: number): void {
    if (model === null) return;
    const { nClasses } = model.cells;
    const viewport = zoomed(visibleRect(model.state.viewport, nClasses), factor, { x, y }, nClasses);
    if (viewport !== null || model.state.viewport !== null) ctx.dispatch({ type: "viewport", viewport });
  }

  function moveCross(shown: Model, dx: number, dy: number): void {
    const n = shown.cells.nClasses;
    const rect = visibleRect(shown.state.viewport, n);
    const hover = ctx.hover.get();
    const middle = {
      row: Math.floor((rect.y0 + rect.y1) / 2),
      col: Math.floor((rect.x0 + rect.x1) / 2),
    };
    const from = hover?.kind === "cell" ? { row: hover.row + dy, col: hover.col + dx } : middle;
    const row = Math.min(n - 1, Math.max(0, from.row));
    const col = Math.min(n - 1, Math.max(0, from.col));
    ctx.hover.set({ kind: "cell", row, col });
    const right = Math.max(0, col + 1 - rect.x1) - Math.max(0, rect.x0 - col);
    const down = Math.max(0, row + 1 - rect.y1) - Math.max(0, rect.y0 - row);
    if (right !== 0 || down !== 0) pan(right, down);
    const around = cellAround(shown, row, col);
    if (around) {
      const [x, y] = [(around.left + around.right) / 2, (around.top + around.bottom) / 2];
      ctx.pointer.set({ x, y, around });
    }
  }

  element.addEventListener(
    "keydown",
    (event) => {
      if (model === null || event.ctrlKey || event.metaKey || event.altKey) return;
      const hover = ctx.hover.get();
      const rect = visibleRect(model.state.viewport, model.cells.nClasses);
      const step = event.shiftKey ? 10 : 1;
      if (event.key === "ArrowLeft") moveCross(model, -step, 0);
      else if (event.key === "ArrowRight") moveCross(model, step, 0);
      else if (event.key === "ArrowUp") moveCross(model, 0, -step);
      else if (event.key === "ArrowDown") moveCross(model, 0, step);
      else if (event.key === "Enter" && hover?.kind === "cell")
        selectCell(hover.row, hover.col, event.shiftKey);
      else if (event.key === "+" || event.key === "-") {
        const x = hover?.kind === "cell" ? hover.col + 0.5 : (rect.x0 + rect.x1) / 2;
        const y = hover?.kind === "cell" ? hover.row + 0.5 : (rect.y0 + rect.y1) / 2;
        zoom(event.key === "+" ? 0.8 : 1.25, x, y);
      } else return;
      event.preventDefault();
      event.stopPropagation();
    },
    { signal: controller.signal },
  );

  const unwatch = ctx.hover.watch((hover) => {
    surface.invalidate("overlay");
    if (hover?.kind === "cell" && model !== null && document.activeElement === element) {
      text.say(describeCell(model, hover.row, hover.col));
    }
  });

  return {
    update(next) {
      model = next;
      surface.invalidate("data");
      surface.invalidate("overlay");
    },
    destroy() {
      controller.abort();
      unwatch();
      text.remove();
      surface.destroy();
      model = null;
    },
  };
}

function hoveredBox(tree: Tree, hover: Hover | null): Box | null {
  if (hover?.kind === "region") return hover;
  if (hover?.kind !== "node") return null;
  const range = { start: tree.start[hover.node], stop: tree.stop[hover.node] };
  return { rows: range, cols: range };
}

function axesOf(model: Model, plot: Plot): { columns: Axis; rows: Axis } {
  const n = model.cells.nClasses;
  const rect = visibleRect(model.state.viewport, n);
  return {
    columns: axis(rect.x0, rect.x1, plot.width, n),
    rows: axis(rect.y0, rect.y1, plot.height, n),
  };
}

function rangeBetween(along: Axis, a: number, b: number, nClasses: number): Range {
  const clip = (position: number) => Math.min(along.pixels - 1e-6, Math.max(0, position));
  return {
    start: leafAt(along, clip(Math.min(a, b)), nClasses),
    stop: leafAt(along, clip(Math.max(a, b)), nClasses) + 1,
  };
}

function describeCell(model: Model, row: number, col: number): string {
  const trueClass = model.tree.classOfLeaf[row];
  const predClass = model.tree.classOfLeaf[col];
  const cell = findCell(model.cells, trueClass, predClass);
  const count = cell < 0 ? 0 : model.filtered.count[cell];
  return `${count} samples of ${model.classes.name[trueClass]} predicted ${model.classes.name[predClass]}`;
}
