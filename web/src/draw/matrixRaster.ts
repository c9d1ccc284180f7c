import { type Axis, edge } from "../layout/frame";
import { firstCell, type MatrixScene } from "../layout/matrix";

/** Reused buffers of one matrix view; grows with the plot. */
export interface MatrixRaster {
  readonly width: number;
  readonly height: number;
  readonly level: Uint8Array;
  readonly spread: Uint8Array;
}

/** Buffers for a plot of this size in device pixels. */
export function matrixRaster(width: number, height: number): MatrixRaster {
  return { width, height, level: new Uint8Array(width * height), spread: new Uint8Array(width * height) };
}

/**
 * Sample the visible cells. A cell of a pixel or more fills whole pixels, less `gap` at its end; smaller cells
 * that meet in a pixel leave the strongest, so that none is lost.
 */
export function sampleCells(
  raster: MatrixRaster,
  scene: MatrixScene,
  columns: Axis,
  rows: Axis,
  gap: number,
): void {
  const { width, height, level } = raster;
  const { order } = scene;
  level.fill(0);
  const [left, right] = pixelSpans(columns, width, gap);
  const [top, bottom] = pixelSpans(rows, height, gap);
  for (let row = rows.first; row < rows.last; row++) {
    const y = top[row - rows.first];
    const yStop = bottom[row - rows.first];
    if (yStop <= y) continue;
    const line = y * width;
    let isEmpty = true;
    for (
      let i = firstCell(order, row, columns.first);
      i < order.rowStart[row + 1] && order.col[i] < columns.last;
      i++
    ) {
      const shade = scene.level[i];
      if (shade === 0) continue;
      isEmpty = false;
      const stop = line + right[order.col[i] - columns.first];
      for (let p = line + left[order.col[i] - columns.first]; p < stop; p++) {
        if (level[p] < shade) level[p] = shade;
      }
    }
    if (isEmpty) continue;
    for (let copy = y + 1; copy < yStop; copy++) level.copyWithin(copy * width, line, line + width);
  }
}

function pixelSpans(along: Axis, pixels: number, gap: number): [Int32Array, Int32Array] {
  const n = Math.max(0, along.last - along.first);
  const start = new Int32Array(n);
  const stop = new Int32Array(n);
  for (let i = 0; i < n; i++) {
    const leaf = along.first + i;
    const begin = along.scale >= 1 ? edge(along, leaf) : Math.floor((leaf - along.start) * along.scale);
    const end = along.scale >= 1 ? edge(along, leaf + 1) - gap : begin + 1;
    start[i] = Math.min(pixels, Math.max(0, begin));
    stop[i] = Math.min(pixels, Math.max(0, end));
  }
  return [start, stop];
}

/** Turn levels into colours. */
export function colourise(raster: MatrixRaster, colours: Uint32Array, out: Uint32Array): void {
  const { level } = raster;
  for (let p = 0; p < level.length; p++) out[p] = colours[level[p]];
}

/** Whether cells of a size in device px have a halo: larger ones are seen without (METHODS §7.2). */
export function hasHalo(size: number): boolean {
  return size < 4;
}

/**
 * Turn levels into colours with a halo (METHODS §7.2): an empty pixel beside cells takes the strongest of them
 * at 30 %, which makes the result independent of order.
 */
export function colouriseWithHalo(
  raster: MatrixRaster,
  colours: Uint32Array,
  halo: Uint32Array,
  out: Uint32Array,
): void {
  const { width, height, level, spread } = raster;
  const both = new Uint32Array(512);
  both.set(colours);
  both.set(halo, 256);
  // Which of two bytes is larger, and which pixel is empty, cannot be guessed: no branches.
  for (let y = 0; y < height; y++) {
    const line = y * width;
    let before = 0;
    let here = level[line];
    for (let x = 0; x < width; x++) {
      const after = x + 1 < width ? level[line + x + 1] : 0;
      let less = before - here;
      let most = before - (less & (less >> 31));
      less = most - after;
      most -= less & (less >> 31);
      spread[line + x] = most;
      before = here;
      here = after;
    }
  }
  for (let y = 0; y < height; y++) {
    const line = y * width;
    const above = y > 0 ? line - width : line;
    const below = y + 1 < height ? line + width : line;
    for (let x = 0; x < width; x++) {
      const own = level[line + x];
      let most = spread[line + x];
      let less = most - spread[above + x];
      most -= less & (less >> 31);
      less = most - spread[below + x];
      most -= less & (less >> 31);
      const isEmpty = (own - 1) >>> 31;
      out[line + x] = both[own + isEmpty * (256 + most)];
    }
  }
}
