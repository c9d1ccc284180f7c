import type { Tree } from "../core/data";
import { type Axis, edge, type Plot } from "../layout/frame";
import type { Range } from "../state/state";
import { css, type Theme } from "./palette";

/** What lies upon the icicle; lengths are device pixels. */
export interface IcicleMarks {
  readonly tree: Tree;
  readonly plot: Plot;
  readonly rows: Axis;
  readonly depthEdge: ArrayLike<number>;
  readonly ratio: number;
  readonly selected: readonly number[];
  readonly selectedRows: readonly Range[];
  /** Groups to outline with all below them; null for none. */
  readonly cut: readonly number[] | null;
  readonly hovered: number;
  readonly isFocused: boolean;
}

/** Draw the overlay layer of an icicle. */
export function drawIcicleMarks(context: CanvasRenderingContext2D, marks: IcicleMarks, look: Theme): void {
  const { plot, ratio } = marks;
  const right = plot.x + marks.depthEdge[marks.depthEdge.length - 1];
  context.beginPath();
  context.rect(0, plot.y - 2 * ratio, context.canvas.width, plot.height + 4 * ratio);
  context.clip();
  const line = Math.max(1, Math.round(ratio));
  if (marks.cut) drawCut(context, marks, marks.cut, look);
  for (const { start, stop } of marks.selectedRows) {
    const [y0, y1] = span(marks, start, stop);
    context.fillStyle = css(look.accent);
    context.fillRect(right, y0, 4 * line, Math.max(3 * line, y1 - y0));
  }
  for (const node of marks.selected) {
    const [x0, y0, x1, y1] = nodeBox(marks, node);
    context.fillStyle = css(look.accent);
    context.fillRect(x0, y0, 3 * line, y1 - y0);
    context.strokeStyle = css(look.accent);
    context.lineWidth = 2 * line;
    context.strokeRect(x0 + line, y0 + line, x1 - x0 - 2 * line, Math.max(line, y1 - y0 - 2 * line));
  }
  if (marks.hovered < 0) return;
  const [x0, y0, x1, y1] = nodeBox(marks, marks.hovered);
  context.fillStyle = css(look.ink, 0.06);
  context.fillRect(x0, y0, right - x0, y1 - y0);
  context.strokeStyle = marks.isFocused ? css(look.accent) : css(look.ink, 0.85);
  context.lineWidth = marks.isFocused ? 2 * line : line;
  const inset = context.lineWidth / 2;
  context.strokeRect(x0 + inset, y0 + inset, x1 - x0 - 2 * inset, Math.max(line, y1 - y0 - 2 * inset));
}

/** Frame every group with what it merges, and let what lies above the groups recede. */
function drawCut(
  context: CanvasRenderingContext2D,
  marks: IcicleMarks,
  cut: readonly number[],
  look: Theme,
): void {
  const { plot, depthEdge, ratio } = marks;
  const line = Math.max(1, Math.round(ratio));
  const right = plot.x + Math.round(depthEdge[depthEdge.length - 1]) - line;
  const least = plot.y - 4;
  const most = plot.y + plot.height + 4;
  let free = least;
  let veiled = least;
  for (const node of cut) {
    const [x0, y0, , y1] = nodeBox(marks, node);
    if (y1 <= free || y0 >= most) continue;
    free = y0 + line;
    context.fillStyle = css(look.background, 0.5);
    context.fillRect(plot.x, Math.max(y0, veiled), x0 - plot.x, y1 - Math.max(y0, veiled));
    veiled = y1;
    const isThin = y1 - y0 < 5 * line;
    const height = y1 - y0 - (isThin ? 2 : 1) * line;
    context.fillStyle = css(look.background);
    context.fillRect(x0, y0, 4 * line, height);
    context.fillStyle = css(look.ink);
    context.fillRect(x0, y0, 3 * line, height);
    if (isThin) continue;
    for (const [colour, width] of [
      [look.background, 3],
      [look.ink, 1],
    ] as const) {
      context.strokeStyle = css(colour, 0.9);
      context.lineWidth = width * line;
      context.strokeRect(x0 + 1.5 * line, y0 + 1.5 * line, right - x0 - 3 * line, height - 3 * line);
    }
  }
}

/** The box of a node in device pixels of the canvas, at least as high as can be seen: left, top, right, bottom. */
export function nodeBox(marks: IcicleMarks, node: number): readonly [number, number, number, number] {
  const { tree, plot, depthEdge, ratio } = marks;
  const depth = tree.depth[node];
  const right = tree.classId[node] >= 0 ? depthEdge[depthEdge.length - 1] : depthEdge[depth + 1];
  const [y0, y1] = span(marks, tree.start[node], tree.stop[node]);
  const line = Math.max(1, Math.round(ratio));
  return [
    plot.x + Math.round(depthEdge[depth]),
    y0,
    plot.x + Math.round(right) - line,
    Math.max(y1, y0 + 3 * line),
  ];
}

function span(marks: IcicleMarks, start: number, stop: number): readonly [number, number] {
  const { plot, rows } = marks;
  const clip = (y: number) => plot.y + Math.min(rows.pixels + 4, Math.max(-4, y));
  return [clip(edge(rows, start)), clip(edge(rows, stop))];
}
