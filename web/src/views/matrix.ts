import { findCell } from "../core/cells";
import type { Tree } from "../core/data";
import { MatrixPainter } from "../draw/matrix";
import { drawMatrixMarks } from "../draw/matrixMarks";
import { createMatrixPictures, matrixAxes } from "../draw/matrixPicture";
import { theme } from "../draw/palette";
import { createSurface } from "../draw/surface";
import { devicePlot, panned, squarePlot, visibleRect, zoomed } from "../layout/frame";
import { type LeafPoint, simplifyLasso } from "../layout/lasso";
import { groupAround, leafRanges, type MatrixTarget } from "../layout/matrix";
import { type Region, regionAt } from "../layout/regions";
import type { Hover, Model, View, ViewContext } from "../model";
import { zoomTo } from "../zoom";
import { readableBy } from "./focus";
import { matrixPlaces } from "./matrixPlaces";
import { type Point, watchPointer } from "./pointer";

/** Corners of a lasso at most, so that it fits into an address. */
const mostCorners = 64;

/** Asked for with the right button: what lies there, and where the menu goes in client CSS px. */
export interface MatrixMenu {
  readonly cell: { readonly row: number; readonly col: number } | null;
  readonly x: number;
  readonly y: number;
}

/** Show the confusion matrix in an element; `matrixmenu` events ask for its context menu. */
export function mountMatrix(element: HTMLElement, ctx: ViewContext): View {
  let model: Model | null = null;
  let rubber: Region | null = null;
  let lasso: LeafPoint[] | null = null;
  const controller = new AbortController();
  const painter = new MatrixPainter();
  const pictures = createMatrixPictures();

  const surface = createSurface(element, {
    data(context) {
      if (model === null) return;
      const plot = devicePlot(squarePlot(surface), surface.ratio);
      painter.draw(context, pictures.picture(model, plot, surface.ratio));
    },
    overlay(context) {
      if (model === null) return;
      const { tree, state } = model;
      const { selection } = state;
      const plot = devicePlot(squarePlot(surface), surface.ratio);
      const hover = ctx.hover.get();
      const isDrawing = rubber !== null || lasso !== null;
      drawMatrixMarks(
        context,
        {
          plot,
          ...matrixAxes(model, plot),
          ratio: surface.ratio,
          group:
            selection.kind === "groups"
              ? { ranges: leafRanges(tree, selection.nodes), part: selection.part }
              : null,
          boxes: selection.kind === "cells" ? selection.boxes : [],
          rubber,
          lasso: lasso ?? (selection.kind === "lasso" ? selection.polygon : null),
          hovered: hoveredBox(tree, hover),
          region: hover?.kind === "region" && !isDrawing ? hover : null,
          cross: hover?.kind === "cell" && !isDrawing ? hover : null,
          crossRow: hover?.kind === "response" ? hover.leaf : null,
        },
        theme(model.dark),
      );
    },
  });
  const places = matrixPlaces(surface);
  const text = readableBy(element, "Confusion matrix: rows are true classes, columns predicted classes");

  function targetAt(shown: Model, point: Point): MatrixTarget | null {
    return places.targetAt(shown, pictures.scene(shown), point);
  }

  /** What the pointer is on: a cell, a region of a partition between its cells, or a name above the columns. */
  function hoverAt(shown: Model, point: Point): { hover: Hover | null; cursor: string } {
    const target = targetAt(shown, point);
    if (target === null) {
      const node = places.labelAt(shown, point);
      return node < 0 ? { hover: null, cursor: "" } : { hover: { kind: "node", node }, cursor: "pointer" };
    }
    if (shown.partition === null || target.filled) {
      const { row, col, tile } = target;
      return { hover: { kind: "cell", row, col, ...(tile && { tile }) }, cursor: "crosshair" };
    }
    const region = regionAt(shown.partition.cuts, target.row, target.col);
    return { hover: { kind: "region", ...region }, cursor: "cell" };
  }

  function aroundOf(shown: Model, hover: Hover) {
    if (hover.kind === "node") return places.labelAround(shown, hover.node);
    if (hover.kind === "region") return undefined;
    return hover.kind === "cell" ? places.regionAround(shown, cellRegion(hover)) : undefined;
  }

  function setRubber(box: Region | null): void {
    rubber = box;
    surface.invalidate("overlay");
  }

  function setLasso(path: LeafPoint[] | null): void {
    lasso = path;
    surface.invalidate("overlay");
  }

  function dragLasso(shown: Model, from: Point, to: Point, isDone: boolean): void {
    const path = lasso ?? [places.leafPoint(shown, from)];
    path.push(places.leafPoint(shown, to));
    setLasso(isDone ? null : path);
    if (!isDone) return;
    const { x, y } = places.leavesPerPixel(shown);
    const polygon = simplifyLasso(path, mostCorners, 0.5 * x * y);
    ctx.dispatch({ type: "selectLasso", polygon: polygon.map(([a, b]) => [rounded(a), rounded(b)]) });
  }

  watchPointer(
    surface,
    {
      hover(point, clientX, clientY) {
        if (model === null) return;
        const { hover, cursor } = hoverAt(model, point);
        element.style.cursor = cursor;
        ctx.pointer.set(hover && { x: clientX, y: clientY, around: aroundOf(model, hover) });
        if (!isSame(ctx.hover.get(), hover)) ctx.hover.set(hover);
      },
      leave() {
        ctx.hover.set(null);
        ctx.pointer.set(null);
      },
      click(point) {
        if (model === null) return;
        const target = targetAt(model, point);
        if (target === null) clickLabel(model, places.labelAt(model, point), point);
        else if (model.partition !== null && (point.other || !target.filled)) {
          selectRegion(regionAt(model.partition.cuts, target.row, target.col), point.shift);
        } else if (target.filled && target.tile) selectRegion(target.tile, point.shift);
        else if (target.filled) selectCell(model, target.row, target.col, point.shift);
      },
      doubleClick(point) {
        if (model === null) return;
        const target = targetAt(model, point);
        const node =
          target === null ? places.labelAt(model, point) : groupAround(model.tree, target.row, target.col);
        if (node >= 0) zoomToNode(model, node);
      },
      drag(from, to, isDone) {
        if (model === null) return;
        if (model.state.tool === "lasso") {
          dragLasso(model, from, to, isDone);
          return;
        }
        const box = places.boxBetween(model, from, to);
        setRubber(isDone ? null : box);
        if (isDone) selectRegion(box, from.shift || to.shift);
      },
      cancelDrag() {
        setRubber(null);
        setLasso(null);
      },
      pan(dx, dy) {
        if (model === null) return;
        const { x, y } = places.leavesPerPixel(model);
        pan(-dx * x, -dy * y);
      },
      menu(point, x, y) {
        if (model === null) return;
        const hover = ctx.hover.get();
        const target = point ? targetAt(model, point) : hover?.kind === "cell" ? hover : null;
        const cell = target && { row: target.row, col: target.col };
        ctx.pointer.set(null);
        element.dispatchEvent(
          new CustomEvent<MatrixMenu>("matrixmenu", { bubbles: true, detail: { cell, x, y } }),
        );
      },
      zoom(factor, point) {
        if (model === null) return;
        zoom(factor, ...places.leafPoint(model, point));
      },
    },
    controller.signal,
  );

  /** Groups selected before and a name clicked with a key down: true in these, predicted in that. */
  function clickLabel(shown: Model, node: number, point: Point): void {
    const { tree, state } = shown;
    if (node < 0) {
      if (!point.shift) ctx.dispatch({ type: "clearSelection" });
      return;
    }
    if (point.other && state.selection.kind === "groups") {
      const cols = { start: tree.start[node], stop: tree.stop[node] };
      leafRanges(tree, state.selection.nodes).forEach((rows, at) => {
        selectRegion({ rows, cols }, at > 0);
      });
      return;
    }
    ctx.dispatch({ type: "selectNodes", nodes: [tree.wireNode[node]], part: "pred", add: point.shift });
  }

  function selectRegion({ rows, cols }: Region, add: boolean): void {
    ctx.dispatch({ type: "selectCells", rows, cols, add });
  }

  function selectCell(shown: Model, row: number, col: number, add: boolean): void {
    // A rate of a pair is that of two cells.
    const mirror = shown.mapped.kind === "pair" && row !== col;
    ctx.dispatch({ type: "selectCells", ...cellRegion({ row, col }), add, mirror });
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
    const around = places.regionAround(shown, cellRegion({ row, col }));
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
        selectCell(model, hover.row, hover.col, event.shiftKey);
      else if (event.key === "Enter" && hover?.kind === "region") selectRegion(hover, event.shiftKey);
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
    if (model === null || document.activeElement !== element) return;
    if (hover?.kind === "cell") text.say(describeCell(model, hover.row, hover.col));
    else if (hover?.kind === "region") text.say(describeRegion(hover));
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

function cellRegion({ row, col }: { readonly row: number; readonly col: number }): Region {
  return { rows: { start: row, stop: row + 1 }, cols: { start: col, stop: col + 1 } };
}

function rounded(position: number): number {
  return Math.round(position * 1000) / 1000;
}

function isSame(a: Hover | null, b: Hover | null): boolean {
  if (a?.kind === "cell" && b?.kind === "cell") return a.row === b.row && a.col === b.col;
  if (a?.kind === "node" && b?.kind === "node") return a.node === b.node;
  if (a?.kind === "region" && b?.kind === "region") {
    return a.rows.start === b.rows.start && a.cols.start === b.cols.start;
  }
  return a === b;
}

function hoveredBox(tree: Tree, hover: Hover | null): Region | null {
  if (hover?.kind !== "node") return null;
  const range = { start: tree.start[hover.node], stop: tree.stop[hover.node] };
  return { rows: range, cols: range };
}

function describeRegion({ rows, cols }: Region): string {
  return `Region of ${rows.stop - rows.start} true by ${cols.stop - cols.start} predicted classes`;
}

function describeCell(model: Model, row: number, col: number): string {
  const trueClass = model.tree.classOfLeaf[row];
  const predClass = model.tree.classOfLeaf[col];
  const cell = findCell(model.cells, trueClass, predClass);
  const count = cell < 0 ? 0 : model.filtered.count[cell];
  return `${count} samples of ${model.classes.name[trueClass]} predicted ${model.classes.name[predClass]}`;
}
