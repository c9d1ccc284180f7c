import type { Axis } from "../layout/frame";
import { firstCell, type MatrixScene } from "../layout/matrix";
import { drawnShift, MatrixPyramid, type Tiles } from "../layout/pyramid";
import { type MatrixRaster, sampleCells } from "./matrixRaster";

/** Samples by cell in the order of the scene, and the palette level of a number of samples. */
export interface Summing {
  readonly count: Int32Array;
  levelOf(count: number): number;
}

/** Samples the cells in view, or tiles of them where many share a pixel; keeps what the next frame needs. */
export class MatrixSampler {
  private readonly pyramid = new MatrixPyramid();
  private sums = new Int32Array(0);

  /**
   * Cells of a pixel or more leave `gap` pixels free at their end. Smaller ones that share a pixel show their strongest,
   * or with `summing` what they add up to.
   */
  sample(
    raster: MatrixRaster,
    scene: MatrixScene,
    columns: Axis,
    rows: Axis,
    gap: number,
    summing: Summing | null = null,
  ): void {
    const scale = Math.max(columns.scale, rows.scale);
    const shift = drawnShift(scale, scene.order.nClasses);
    if (summing !== null && scale < 1) this.sampleSums(raster, scene, columns, rows, summing);
    else if (shift === 0) sampleCells(raster, scene, columns, rows, gap);
    else sampleTiles(raster, this.pyramid.strongest(scene, shift), columns, rows);
  }

  // From the cells: a pixel holds now one tile across, now two, which would show as a grid.
  private sampleSums(
    raster: MatrixRaster,
    scene: MatrixScene,
    columns: Axis,
    rows: Axis,
    { count, levelOf }: Summing,
  ): void {
    const { level } = raster;
    if (this.sums.length !== level.length) this.sums = new Int32Array(level.length);
    this.sums.fill(0);
    sumCells(this.sums, raster.width, raster.height, scene, count, columns, rows);
    const table = Uint8Array.from({ length: 256 }, (_, n) => (n === 0 ? 0 : levelOf(n)));
    for (let at = 0; at < level.length; at++) {
      const n = this.sums[at];
      level[at] = n < 256 ? table[n] : levelOf(n);
    }
  }
}

/** Add up the shown cells in view by the pixel in which they begin. */
export function sumCells(
  sums: Int32Array,
  width: number,
  height: number,
  { order, level }: MatrixScene,
  count: Int32Array,
  columns: Axis,
  rows: Axis,
): void {
  const x = Int32Array.from({ length: columns.last - columns.first }, (_, at) =>
    pixelOf(columns, columns.first + at),
  );
  for (let row = rows.first; row < rows.last; row++) {
    const y = pixelOf(rows, row);
    if (y >= height) break;
    const stop = order.rowStart[row + 1];
    for (let i = firstCell(order, row, columns.first); i < stop && order.col[i] < columns.last; i++) {
      const at = x[order.col[i] - columns.first];
      if (level[i] > 0 && at < width) sums[y * width + at] += count[order.cell[i]];
    }
  }
}

/** Sample tiles no larger than a pixel: a pixel takes the strongest of those that begin in it. */
export function sampleTiles(raster: MatrixRaster, tiles: Tiles, columns: Axis, rows: Axis): void {
  const { width, height, level } = raster;
  const { side, value } = tiles;
  const across = firstTiles(columns, width, tiles);
  const down = firstTiles(rows, height, tiles);
  const merged = new Uint8Array(side);
  for (let y = 0; y < height; y++) {
    const line = y * width;
    const first = down[y];
    const last = down[y + 1];
    if (first === last) {
      level.fill(0, line, line + width);
      continue;
    }
    let source = value;
    let offset = first * side;
    if (last - first > 1) {
      merged.set(value.subarray(offset, offset + side));
      for (let row = first + 1; row < last; row++) keepStrongest(merged, value, row * side, across);
      source = merged;
      offset = 0;
    }
    for (let x = 0; x < width; x++) {
      const start = offset + across[x];
      const stop = offset + across[x + 1];
      let most = 0;
      if (start < stop) {
        // One or two tiles, as good as always: the first and the last are all of them.
        const less = source[start] - source[stop - 1];
        most = source[start] - (less & (less >> 31));
        for (let at = start + 1; at < stop - 1; at++) most = Math.max(most, source[at]);
      }
      level[line + x] = most;
    }
  }
}

// Bytes of one line and another, the larger of each, without a branch: which is larger cannot be guessed.
function keepStrongest(merged: Uint8Array, value: Uint8Array, start: number, across: Int32Array): void {
  const stop = across[across.length - 1];
  for (let col = across[0]; col < stop; col++) {
    const before = merged[col];
    const less = before - value[start + col];
    merged[col] = before - (less & (less >> 31));
  }
}

// The tile cut by the edge of the plot counts to the first pixel.
function firstTiles(along: Axis, pixels: number, { shift, side }: Tiles): Int32Array {
  const first = new Int32Array(pixels + 1);
  let tile = along.first >> shift;
  for (let pixel = 0; pixel <= pixels; pixel++) {
    while (tile < side && pixelOf(along, tile << shift) < pixel) tile++;
    first[pixel] = tile;
  }
  return first;
}

function pixelOf(along: Axis, leaf: number): number {
  return Math.max(0, Math.floor((leaf - along.start) * along.scale));
}
