import { type Axis, edge, type Plot } from "../layout/frame";
import { columnEdges, headerGap, headerHeight } from "../layout/responses";
import type { Range } from "../state/state";
import { css, type Theme } from "./palette";

/** What lies upon the response map; lengths are device pixels. */
export interface ResponseMarks {
  readonly plot: Plot;
  readonly rows: Axis;
  readonly ratio: number;
  readonly nColumns: number;
  readonly selectedRows: readonly Range[];
  /** Column of the selected neuron, or −1. */
  readonly selectedColumn: number;
  readonly hoveredRows: Range | null;
  readonly hoveredColumn: number;
}

/** Draw the overlay layer of a response map. */
export function drawResponseMarks(
  context: CanvasRenderingContext2D,
  marks: ResponseMarks,
  look: Theme,
): void {
  const { plot, rows, ratio } = marks;
  const line = Math.max(1, Math.round(ratio));
  context.lineWidth = line;
  const band = (range: Range) => {
    const y0 = Math.max(-line, edge(rows, range.start));
    const y1 = Math.min(plot.height + line, Math.max(edge(rows, range.stop), y0 + line));
    return [plot.y + y0, y1 - y0] as const;
  };
  context.save();
  context.beginPath();
  context.rect(0, plot.y - 2 * line, context.canvas.width, plot.height + 4 * line);
  context.clip();
  for (const range of marks.selectedRows) {
    const [y, height] = band(range);
    context.strokeStyle = css(look.accent);
    context.strokeRect(plot.x - line / 2, y - line / 2, plot.width + line, height + line);
    context.fillStyle = css(look.accent);
    context.fillRect(plot.x + plot.width + line, y, 4 * line, Math.max(3 * line, height));
  }
  if (marks.hoveredRows !== null) {
    const [y, height] = band(marks.hoveredRows);
    context.strokeStyle = css(look.ink, 0.9);
    context.strokeRect(plot.x - line / 2, y - line / 2, plot.width + line, height + line);
    context.strokeStyle = css(look.background, 0.8);
    context.strokeRect(plot.x - line * 1.5, y - line * 1.5, plot.width + 3 * line, height + 3 * line);
  }
  context.restore();
  const accent = css(look.accent);
  drawColumn(context, marks, marks.selectedColumn, accent, accent, 2 * line);
  if (marks.hoveredColumn !== marks.selectedColumn) {
    drawColumn(context, marks, marks.hoveredColumn, css(look.ink, 0.9), "rgb(255 255 255 / 0.75)", line);
  }
}

function drawColumn(
  context: CanvasRenderingContext2D,
  marks: ResponseMarks,
  column: number,
  headerStyle: string,
  stripStyle: string,
  line: number,
): void {
  if (column < 0 || column >= marks.nColumns) return;
  const { plot, ratio } = marks;
  const edges = columnEdges(marks.nColumns, plot.width);
  const x = plot.x + edges[column];
  const width = edges[column + 1] - edges[column] - Math.round(ratio);
  const header = Math.round(headerHeight * ratio);
  const top = plot.y - Math.round(headerGap * ratio) - header;
  context.strokeStyle = headerStyle;
  context.lineWidth = line;
  context.strokeRect(x - line / 2, top - line / 2, width + line, header + line);
  context.strokeStyle = stripStyle;
  context.strokeRect(x - line / 2, plot.y - line / 2, width + line, plot.height + line);
}
