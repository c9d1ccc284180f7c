import type { Tree } from "../core/data";
import { type Axis, edge, type Plot } from "../layout/frame";
import { groupBoxes } from "../layout/groups";
import { emptyPixels } from "../layout/undefined";
import { hatch, hatchGround, hatchLine } from "./hatch";
import type { MatrixRaster } from "./matrixRaster";
import { css, mix, pack, type Rgb, type Theme } from "./palette";

/** Where the matrix lies; lengths are device pixels. */
export interface MatrixFrame {
  readonly tree: Tree;
  readonly plot: Plot;
  readonly columns: Axis;
  readonly rows: Axis;
  readonly ratio: number;
}

/** Outline the groups of the tree. Children of the root stand out; deeper groups appear as they grow, fainter with depth. */
export function drawGroups(
  context: CanvasRenderingContext2D,
  frame: MatrixFrame,
  look: Theme,
  fades: boolean,
): void {
  const { tree, plot, columns, rows, ratio } = frame;
  const width = Math.max(1, Math.round(ratio));
  context.lineWidth = width;
  for (const { depth, x0, y0, x1, y1 } of groupBoxes(tree, plot, columns, rows, leastGroup * ratio)) {
    context.strokeStyle = css(groupColour(depth, fades, look));
    context.strokeRect(x0 + width / 2, y0 + width / 2, x1 - x0 - width, y1 - y0 - width);
  }
}

/** Height in CSS px from which deeper groups are outlined. */
export const leastGroup = 28;

/** Colour of a group's outline; it fades where the blocks of a partition are outlined too. */
export function groupColour(depth: number, fades: boolean, look: Theme): Rgb {
  const strength = depth === 1 ? 0.62 : depth === 2 ? 0.3 : 0.18;
  return mix(look.background, look.ink, fades ? 0.4 * strength : strength);
}

/**
 * Put the blocks of a partition into an image of the cells: boxes along the diagonal, and faintly the lines between
 * them through the whole plot. Small cells are never painted over.
 */
export function paintPartition(
  out: Uint32Array,
  raster: MatrixRaster,
  cuts: Int32Array,
  columns: Axis,
  rows: Axis,
  ratio: number,
  look: Theme,
): void {
  const width = Math.max(1, Math.round(1.5 * ratio));
  const covers = Math.min(columns.scale, rows.scale) >= 8 * ratio;
  const faint = pack(mix(look.background, look.ink, 0.16));
  const strong = pack(mix(look.background, look.ink, 0.88));
  const last = cuts.length - 1;
  const hasGrid = ((cuts[last] / last) * columns.scale) / ratio >= 12;
  const fill = (x0: number, y0: number, x1: number, y1: number, colour: number) => {
    const right = Math.min(raster.width, x1);
    const bottom = Math.min(raster.height, y1);
    for (let y = Math.max(0, y0); y < bottom; y++) {
      for (let x = Math.max(0, x0); x < right; x++) {
        const p = y * raster.width + x;
        if (covers || raster.level[p] === 0) out[p] = colour;
      }
    }
  };
  if (hasGrid) {
    for (let k = 1; k < last; k++) {
      const x = edge(columns, cuts[k]);
      const y = edge(rows, cuts[k]);
      fill(x - 1, 0, x, raster.height, faint);
      fill(0, y - 1, raster.width, y, faint);
    }
  }
  for (let k = 0; k < last; k++) {
    const [x0, x1] = [edge(columns, cuts[k]), edge(columns, cuts[k + 1])];
    const [y0, y1] = [edge(rows, cuts[k]), edge(rows, cuts[k + 1])];
    fill(x0 - 1, y0 - 1, x1, y0 - 1 + width, strong);
    fill(x0 - 1, y1 - width, x1, y1, strong);
    fill(x0 - 1, y0 - 1, x0 - 1 + width, y1, strong);
    fill(x1 - width, y0 - 1, x1, y1, strong);
  }
}

/** Hatch the rows and columns of classes whose rate is undefined; `row` and `col` are 1 there, by class. */
export function drawUndefined(
  context: CanvasRenderingContext2D,
  frame: MatrixFrame,
  row: Uint8Array | null,
  col: Uint8Array | null,
  look: Theme,
): void {
  if (row === null && col === null) return;
  const { tree, plot, columns, rows, ratio } = frame;
  context.fillStyle = hatch(context, hatchGround(look), hatchLine(look), ratio);
  if (row !== null) {
    for (const [start, stop] of emptyPixels(rows, row, tree.classOfLeaf)) {
      context.fillRect(plot.x, plot.y + start, plot.width, stop - start);
    }
  }
  if (col === null) return;
  for (const [start, stop] of emptyPixels(columns, col, tree.classOfLeaf)) {
    context.fillRect(plot.x + start, plot.y, stop - start, plot.height);
  }
}

/** Ring cells, around them so that they stay visible. */
export function drawRings(
  context: CanvasRenderingContext2D,
  { plot, columns, rows, ratio }: MatrixFrame,
  rings: readonly { readonly row: number; readonly col: number }[],
  look: Theme,
): void {
  context.strokeStyle = css(look.accent);
  context.lineWidth = Math.max(1, 1.25 * ratio);
  context.beginPath();
  for (const { row, col } of rings) {
    if (row + 1 <= rows.start || row >= rows.stop || col + 1 <= columns.start || col >= columns.stop)
      continue;
    const x = plot.x + (col + 0.5 - columns.start) * columns.scale;
    const y = plot.y + (row + 0.5 - rows.start) * rows.scale;
    const radius = ringRadius(Math.max(columns.scale, rows.scale), ratio);
    context.moveTo(x + radius, y);
    context.arc(x, y, radius, 0, 2 * Math.PI);
  }
  context.stroke();
}

/** Radius in device px: outside a small cell, inside the corners of a large one. */
export function ringRadius(cell: number, ratio: number): number {
  return Math.max(4.5 * ratio, 0.5 * cell + 2 * ratio);
}
