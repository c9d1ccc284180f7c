import type { ResponseBlock } from "../core/data";
import { extent } from "../core/responses";
import { theme } from "../draw/palette";
import { drawResponseMarks } from "../draw/responseMarks";
import { ResponsePainter } from "../draw/responses";
import { createSurface } from "../draw/surface";
import { devicePlot, plotArea } from "../layout/frame";
import {
  headerGap,
  headerHeight,
  headerShades,
  hitColumn,
  hitResponses,
  responseScene,
} from "../layout/responses";
import { memo } from "../memo";
import type { Hover, Model, Pointer, View, ViewContext } from "../model";
import type { Range } from "../state/state";
import { zoomTo } from "../zoom";
import { readableBy } from "./focus";
import { type Point, watchPointer } from "./pointer";
import { panRows, rowsOf, selectedRows, zoomRows } from "./rows";

/** Show a page of the response map in an element, its rows level with the icicle. */
export function mountResponses(element: HTMLElement, ctx: ViewContext): View {
  let model: Model | null = null;
  const controller = new AbortController();
  const painter = new ResponsePainter();
  const sceneOf = memo(responseScene);
  const shadesOf = memo((block: ResponseBlock) => headerShades(block, extent(finite(block.score))));

  const surface = createSurface(element, {
    data(context) {
      if (model === null) return;
      if (model.responses === null) {
        painter.clear(context, model.dark);
        return;
      }
      const plot = devicePlot(plotArea(surface), surface.ratio);
      painter.draw(context, {
        scene: sceneOf(model.responses),
        tree: model.tree,
        neurons: model.responses.neurons,
        headerShade: shadesOf(model.responses),
        plot,
        rows: rowsOf(model, plot),
        ratio: surface.ratio,
        dark: model.dark,
      });
    },
    overlay(context) {
      const block = model?.responses;
      if (model === null || !block) return;
      const plot = devicePlot(plotArea(surface), surface.ratio);
      const hover = ctx.hover.get();
      drawResponseMarks(
        context,
        {
          plot,
          rows: rowsOf(model, plot),
          ratio: surface.ratio,
          nColumns: block.neurons.length,
          selectedRows: selectedRows(model),
          selectedColumn: block.neurons.indexOf(model.state.responses.neuron ?? -1),
          hoveredRows: hoveredRows(model, hover),
          hoveredColumn: hover?.kind === "response" || hover?.kind === "neuron" ? hover.column : -1,
        },
        theme(model.dark),
      );
    },
  });
  const text = readableBy(element, "Response map: rows are classes, columns neurons. Arrow keys move.");

  function hoverAt(shown: Model, block: ResponseBlock, point: Point): Hover | null {
    const plot = plotArea(surface);
    const x = point.x - plot.x;
    const y = point.y - plot.y;
    if (y < 0) {
      const column = point.y < 0 ? -1 : hitColumn(block.neurons.length, plot.width, x);
      return column < 0 ? null : { kind: "neuron", column };
    }
    const target = hitResponses(sceneOf(block), shown.tree, rowsOf(shown, plot), plot.width, x, y);
    return target === null ? null : { kind: "response", ...target };
  }

  function boxAround(shown: Model, block: ResponseBlock, hover: Hover): Pointer["around"] {
    if (hover.kind !== "response" && hover.kind !== "neuron") return undefined;
    const plot = plotArea(surface);
    const rows = rowsOf(shown, plot);
    const width = plot.width / block.neurons.length;
    const x = plot.x + hover.column * width;
    const y = hover.kind === "neuron" ? plot.y - headerGap - headerHeight : plot.y;
    const top = hover.kind === "neuron" ? y : y + (hover.leaf - rows.start) * rows.scale;
    return surface.toClient(x, top, x + width, top + (hover.kind === "neuron" ? headerHeight : rows.scale));
  }

  function selectColumn(block: ResponseBlock, column: number): void {
    const neuron = block.neurons[column];
    ctx.dispatch({ type: "selectTop", layer: block.layer, neuron });
  }

  watchPointer(
    surface,
    {
      hover(point, clientX, clientY) {
        if (model?.responses == null) return;
        const hover = hoverAt(model, model.responses, point);
        element.style.cursor = hover?.kind === "neuron" ? "pointer" : "";
        const around = hover === null ? undefined : boxAround(model, model.responses, hover);
        ctx.pointer.set(hover === null ? null : { x: clientX, y: clientY, around });
        if (!isSame(hover, ctx.hover.get())) ctx.hover.set(hover);
      },
      leave() {
        ctx.hover.set(null);
        ctx.pointer.set(null);
      },
      click(point) {
        if (model?.responses == null) return;
        const hover = hoverAt(model, model.responses, point);
        if (hover?.kind === "neuron") selectColumn(model.responses, hover.column);
        else if (hover?.kind === "response") {
          const node = model.tree.nodeOfLeaf[hover.leaf];
          ctx.dispatch({ type: "selectNodes", nodes: [model.tree.wireNode[node]], add: point.shift });
        }
      },
      doubleClick(point) {
        if (model?.responses == null) return;
        const hover = hoverAt(model, model.responses, point);
        if (hover?.kind !== "response") return;
        const { tree, cells } = model;
        const group = Math.max(0, tree.parent[tree.nodeOfLeaf[hover.leaf]]);
        const viewport = zoomTo(tree.start[group], tree.stop[group], cells.nClasses);
        ctx.dispatch({ type: "viewport", viewport });
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

  element.addEventListener(
    "keydown",
    (event) => {
      const block = model?.responses;
      if (!block || event.ctrlKey || event.metaKey || event.altKey) return;
      const hover = ctx.hover.get();
      const column = hover?.kind === "neuron" || hover?.kind === "response" ? hover.column : -1;
      const last = block.neurons.length - 1;
      const moves: Readonly<Record<string, number>> = {
        ArrowLeft: Math.max(0, column - 1),
        ArrowRight: Math.min(last, column + 1),
        Home: 0,
        End: last,
      };
      if (event.key in moves) ctx.hover.set({ kind: "neuron", column: moves[event.key] });
      else if (event.key === "Enter" && column >= 0) selectColumn(block, column);
      else return;
      event.preventDefault();
      event.stopPropagation();
    },
    { signal: controller.signal },
  );

  const unwatch = ctx.hover.watch((hover) => {
    surface.invalidate("overlay");
    const block = model?.responses;
    if (hover?.kind !== "neuron" || !block || document.activeElement !== element) return;
    const neuron = block.neurons[hover.column];
    text.say(`neuron ${neuron}, ${block.scoreName} ${block.score[neuron].toPrecision(3)}`);
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

function finite(values: Float32Array): Float32Array {
  return values.filter((value) => Number.isFinite(value));
}

function hoveredRows(model: Model, hover: Hover | null): Range | null {
  if (hover?.kind === "response") return { start: hover.leaf, stop: hover.leaf + 1 };
  if (hover?.kind === "cell") return { start: hover.row, stop: hover.row + 1 };
  if (hover?.kind === "region") return hover.rows;
  if (hover?.kind !== "node") return null;
  return { start: model.tree.start[hover.node], stop: model.tree.stop[hover.node] };
}

function isSame(a: Hover | null, b: Hover | null): boolean {
  if (a?.kind === "response" && b?.kind === "response") {
    return a.leaf === b.leaf && a.column === b.column && a.position === b.position;
  }
  if (a?.kind === "neuron" && b?.kind === "neuron") return a.column === b.column;
  return a === b;
}
