import { edge } from "../layout/frame";
import type { Drop } from "../layout/icicleDrop";
import { type IcicleMarks, nodeBox } from "./icicleMarks";
import { css, type Theme } from "./palette";
import { font, TextFitter } from "./text";

/** Nodes on their way to another place. */
export interface IcicleDrag {
  readonly dragged: readonly number[];
  readonly drop: Drop | null;
  readonly text: string;
  /** The pointer, in device pixels of the canvas. */
  readonly x: number;
  readonly y: number;
}

/** Draw where dragged nodes come from and would go, and what they are beside the pointer. */
export function drawIcicleDrag(
  context: CanvasRenderingContext2D,
  marks: IcicleMarks,
  { dragged, drop, text, x, y }: IcicleDrag,
  look: Theme,
): void {
  drawTaken(context, marks, dragged, look);
  if (drop !== null) drawTarget(context, marks, drop, look);
  drawGhost(context, marks, text, x, y, look);
}

/** Draw nodes as taken up: pale, with a dashed edge. */
export function drawTaken(
  context: CanvasRenderingContext2D,
  marks: IcicleMarks,
  taken: readonly number[],
  look: Theme,
): void {
  const { ratio } = marks;
  const line = Math.max(1, Math.round(ratio));
  context.lineWidth = line;
  context.strokeStyle = css(look.ink, 0.8);
  context.setLineDash([4 * ratio, 3 * ratio]);
  for (const row of taken) {
    const [x0, y0, x1, y1] = nodeBox(marks, row);
    context.fillStyle = css(look.background, 0.45);
    context.fillRect(x0, y0, x1 - x0, y1 - y0);
    context.strokeRect(x0 + line / 2, y0 + line / 2, x1 - x0 - line, Math.max(line, y1 - y0 - line));
  }
  context.setLineDash([]);
}

function drawTarget(context: CanvasRenderingContext2D, marks: IcicleMarks, drop: Drop, look: Theme): void {
  const { tree, plot, rows, depthEdge, ratio } = marks;
  const line = Math.max(1, Math.round(ratio));
  context.fillStyle = css(look.accent);
  context.strokeStyle = css(look.accent);
  if (drop.side === "inside") {
    const [x0, y0, x1, y1] = nodeBox(marks, drop.into);
    context.lineWidth = 2 * line;
    context.strokeRect(x0 + line, y0 + line, x1 - x0 - 2 * line, Math.max(line, y1 - y0 - 2 * line));
    context.fillStyle = css(look.accent, 0.18);
    context.fillRect(x0, y0, x1 - x0, y1 - y0);
    return;
  }
  const leaf = drop.side === "above" ? tree.start[drop.at] : tree.stop[drop.at];
  const y = plot.y + Math.min(rows.pixels, Math.max(0, edge(rows, leaf)));
  const x0 = plot.x + Math.round(depthEdge[tree.depth[drop.at]]);
  const x1 = plot.x + Math.round(depthEdge[depthEdge.length - 1]);
  context.fillRect(x0, y - line, x1 - x0, 2 * line);
  context.beginPath();
  context.arc(x0, y, 4 * ratio, 0, 2 * Math.PI);
  context.fill();
}

function drawGhost(
  context: CanvasRenderingContext2D,
  { ratio }: IcicleMarks,
  text: string,
  x: number,
  y: number,
  look: Theme,
): void {
  context.font = font(12 * ratio);
  context.textBaseline = "middle";
  context.textAlign = "left";
  const shown = new TextFitter().fit(context, text, context.canvas.width - 14 * ratio);
  const width = context.measureText(shown).width + 12 * ratio;
  const height = 20 * ratio;
  const left = Math.max(0, Math.min(x + 12 * ratio, context.canvas.width - width));
  const top = Math.min(y + 10 * ratio, context.canvas.height - height);
  context.fillStyle = css(look.background, 0.94);
  context.fillRect(left, top, width, height);
  context.strokeStyle = css(look.ink, 0.6);
  context.lineWidth = Math.max(1, Math.round(ratio));
  context.strokeRect(left, top, width, height);
  context.fillStyle = css(look.ink);
  context.fillText(shown, left + 6 * ratio, top + height / 2);
}
