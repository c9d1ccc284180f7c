import { type Axis, edge, type Plot } from "../layout/frame";
import type { Part, Range } from "../state/state";
import { css, type Theme } from "./palette";

/** What lies upon the matrix; ranges in leaf units, lengths in device pixels. */
export interface MatrixMarks {
  readonly plot: Plot;
  readonly columns: Axis;
  readonly rows: Axis;
  readonly ratio: number;
  readonly group: { readonly ranges: readonly Range[]; readonly part: Part } | null;
  readonly boxes: readonly { readonly rows: Range; readonly cols: Range }[];
  readonly rubber: { readonly rows: Range; readonly cols: Range } | null;
  readonly hovered: { readonly rows: Range; readonly cols: Range } | null;
  /** Cells of or between blocks that the pointer is on. */
  readonly region: { readonly rows: Range; readonly cols: Range } | null;
  /** Corners as (column, row) in leaf units. */
  readonly lasso: readonly (readonly [number, number])[] | null;
  readonly cross: { readonly row: number; readonly col: number } | null;
  readonly crossRow: number | null;
}

type Box = readonly [x: number, y: number, width: number, height: number];

const strength: Readonly<Record<Part, readonly [tp: number, fp: number, fn: number]>> = {
  both: [0.07, 0.05, 0.05],
  tp: [0.1, 0, 0],
  tp_correct: [0.1, 0, 0],
  tp_confused: [0.1, 0, 0],
  fp: [0, 0.1, 0],
  fn: [0, 0, 0.1],
  true: [0.07, 0, 0.07],
  pred: [0.07, 0.07, 0],
};

/** Draw the overlay layer of a matrix. */
export function drawMatrixMarks(context: CanvasRenderingContext2D, marks: MatrixMarks, look: Theme): void {
  const { plot } = marks;
  context.beginPath();
  context.rect(plot.x, plot.y, plot.width, plot.height);
  context.clip();
  if (marks.group !== null) drawBands(context, marks, marks.group.ranges, marks.group.part, look);
  for (const box of marks.boxes) drawBox(context, marks, box, look, 0.12);
  if (marks.lasso !== null) drawLasso(context, marks, marks.lasso, look);
  if (marks.region !== null) drawRegion(context, marks, marks.region, look);
  if (marks.hovered !== null) drawHoverBand(context, marks, marks.hovered, look);
  if (marks.cross !== null) drawCross(context, marks, marks.cross.row, marks.cross.col, look);
  else if (marks.crossRow !== null) drawRow(context, marks, marks.crossRow, look);
  if (marks.rubber !== null) drawBox(context, marks, marks.rubber, look, 0.16);
}

function boxOf(marks: MatrixMarks, rows: Range, cols: Range): Box {
  const x = marks.plot.x + edge(marks.columns, cols.start);
  const y = marks.plot.y + edge(marks.rows, rows.start);
  return [
    x,
    y,
    Math.max(1, marks.plot.x + edge(marks.columns, cols.stop) - x),
    Math.max(1, marks.plot.y + edge(marks.rows, rows.stop) - y),
  ];
}

function rowBand(marks: MatrixMarks, rows: Range): Box {
  const [, y, , height] = boxOf(marks, rows, rows);
  return [marks.plot.x - 2, y, marks.plot.width + 4, height];
}

function colBand(marks: MatrixMarks, cols: Range): Box {
  const [x, , width] = boxOf(marks, cols, cols);
  return [x, marks.plot.y - 2, width, marks.plot.height + 4];
}

function drawBands(
  context: CanvasRenderingContext2D,
  marks: MatrixMarks,
  ranges: readonly Range[],
  part: Part,
  look: Theme,
): void {
  const both = ranges.flatMap((rows) => ranges.map((cols) => boxOf(marks, rows, cols)));
  const [tp, fp, fn] = strength[part];
  fillWithout(
    context,
    ranges.map((range) => colBand(marks, range)),
    both,
    css(look.accent, fp),
  );
  fillWithout(
    context,
    ranges.map((range) => rowBand(marks, range)),
    both,
    css(look.accent, fn),
  );
  fillWithout(context, both, [], css(look.accent, tp));
  context.lineWidth = Math.max(1, Math.round(marks.ratio));
  const inset = context.lineWidth / 2;
  for (const range of ranges) {
    for (const [band, weight] of [
      [colBand(marks, range), fp],
      [rowBand(marks, range), fn],
    ] as const) {
      context.strokeStyle = css(look.accent, weight > 0 ? 0.8 : 0.35);
      context.strokeRect(band[0] + inset, band[1] + inset, band[2] - 2 * inset, band[3] - 2 * inset);
    }
  }
  context.strokeStyle = css(look.accent);
  context.lineWidth = (tp > 0 ? 2 : 1) * Math.max(1, Math.round(marks.ratio));
  for (const [x, y, width, height] of both) context.strokeRect(x, y, width, height);
}

// Boxes to leave out lie within the boxes to fill, so the even-odd rule takes them away.
function fillWithout(
  context: CanvasRenderingContext2D,
  filled: readonly Box[],
  without: readonly Box[],
  style: string,
): void {
  context.fillStyle = style;
  context.beginPath();
  for (const box of filled) context.rect(...box);
  for (const box of without) context.rect(...box);
  context.fill("evenodd");
}

function drawBox(
  context: CanvasRenderingContext2D,
  marks: MatrixMarks,
  box: { readonly rows: Range; readonly cols: Range },
  look: Theme,
  tint: number,
): void {
  const [x, y, width, height] = boxOf(marks, box.rows, box.cols);
  const line = Math.max(1, Math.round(marks.ratio * 1.5));
  const room = Math.max(0, 5 * marks.ratio - Math.min(width, height)) / 2;
  context.fillStyle = css(look.accent, tint);
  context.fillRect(x, y, width, height);
  context.strokeStyle = css(look.accent);
  context.lineWidth = line;
  context.strokeRect(
    x - line / 2 - room,
    y - line / 2 - room,
    width + line + 2 * room,
    height + line + 2 * room,
  );
}

function drawLasso(
  context: CanvasRenderingContext2D,
  { plot, columns, rows, ratio }: MatrixMarks,
  polygon: readonly (readonly [number, number])[],
  look: Theme,
): void {
  context.beginPath();
  for (const [x, y] of polygon) {
    context.lineTo(plot.x + (x - columns.start) * columns.scale, plot.y + (y - rows.start) * rows.scale);
  }
  context.closePath();
  context.fillStyle = css(look.accent, 0.12);
  context.fill("evenodd");
  context.strokeStyle = css(look.accent);
  context.lineWidth = Math.max(1, 1.5 * ratio);
  context.lineJoin = "round";
  context.stroke();
}

function drawRegion(
  context: CanvasRenderingContext2D,
  marks: MatrixMarks,
  { rows, cols }: { readonly rows: Range; readonly cols: Range },
  look: Theme,
): void {
  context.fillStyle = css(look.ink, 0.03);
  context.fillRect(...rowBand(marks, rows));
  context.fillRect(...colBand(marks, cols));
  context.fillStyle = css(look.accent, 0.07);
  const box = boxOf(marks, rows, cols);
  context.fillRect(...box);
  context.strokeStyle = css(look.accent, 0.75);
  context.lineWidth = Math.max(1, Math.round(marks.ratio));
  context.strokeRect(...box);
}

function drawHoverBand(
  context: CanvasRenderingContext2D,
  marks: MatrixMarks,
  { rows, cols }: { readonly rows: Range; readonly cols: Range },
  look: Theme,
): void {
  context.fillStyle = css(look.ink, 0.035);
  context.fillRect(...rowBand(marks, rows));
  context.fillRect(...colBand(marks, cols));
  context.strokeStyle = css(look.ink, 0.5);
  context.lineWidth = Math.max(1, Math.round(marks.ratio));
  context.strokeRect(...boxOf(marks, rows, cols));
}

function drawRow(context: CanvasRenderingContext2D, marks: MatrixMarks, row: number, look: Theme): void {
  context.fillStyle = css(look.ink, crossStrength(marks.rows.scale / marks.ratio));
  context.fillRect(...rowBand(marks, { start: row, stop: row + 1 }));
}

function drawCross(
  context: CanvasRenderingContext2D,
  marks: MatrixMarks,
  row: number,
  col: number,
  look: Theme,
): void {
  const rows = { start: row, stop: row + 1 };
  const cols = { start: col, stop: col + 1 };
  const [x, y, width, height] = boxOf(marks, rows, cols);
  const room = Math.max(1, Math.round(3 * marks.ratio));
  const hole: Box = [x - room, y - room, width + 2 * room, height + 2 * room];
  context.fillStyle = css(look.ink, crossStrength(Math.min(width, height) / marks.ratio));
  const [, bandY, bandWidth, bandHeight] = rowBand(marks, rows);
  const left = marks.plot.x - 2;
  context.fillRect(left, bandY, hole[0] - left, bandHeight);
  context.fillRect(hole[0] + hole[2], bandY, left + bandWidth - hole[0] - hole[2], bandHeight);
  const [bandX, top, colWidth, colHeight] = colBand(marks, cols);
  context.fillRect(bandX, top, colWidth, hole[1] - top);
  context.fillRect(bandX, hole[1] + hole[3], colWidth, top + colHeight - hole[1] - hole[3]);
  context.strokeStyle = css(look.ink, 0.9);
  context.lineWidth = Math.max(1, Math.round(marks.ratio));
  const inset = context.lineWidth / 2;
  const ring: Box = Math.min(width, height) < 6 * marks.ratio ? hole : [x, y, width, height];
  context.strokeRect(ring[0] + inset, ring[1] + inset, ring[2] - 2 * inset, ring[3] - 2 * inset);
}

function crossStrength(cellCss: number): number {
  if (cellCss <= 2) return 0.35;
  return cellCss < 8 ? 0.15 : 0.07;
}
