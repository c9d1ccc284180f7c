import type { Axis } from "../layout/frame";
import type { MatrixScene } from "../layout/matrix";
import { drawnShift, MatrixPyramid, type Tiles } from "../layout/pyramid";
import { type MatrixRaster, sampleCells } from "./matrixRaster";

/** Samples the cells in view, or tiles of them where many share a pixel; keeps what the next frame needs. */
export class MatrixSampler {
  private readonly pyramid = new MatrixPyramid();

  /** Cells of a pixel or more leave `gap` pixels free at their end. */
  sample(raster: MatrixRaster, scene: MatrixScene, columns: Axis, rows: Axis, gap: number): void {
    const shift = drawnShift(Math.max(columns.scale, rows.scale), scene.order.nClasses);
    if (shift === 0) sampleCells(raster, scene, columns, rows, gap);
    else sampleTiles(raster, this.pyramid.strongest(scene, shift), columns, rows);
  }
}

/** Sample tiles no larger than a pixel: a pixel takes the strongest of those that begin in it. */
export function sampleTiles(raster: MatrixRaster, tiles: Tiles<Uint8Array>, columns: Axis, rows: Axis): void {
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
      const stop = offset + across[x + 1];
      let most = 0;
      for (let at = offset + across[x]; at < stop; at++) {
        const less = most - source[at];
        most -= less & (less >> 31);
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
function firstTiles(along: Axis, pixels: number, { shift, side }: Tiles<Uint8Array>): Int32Array {
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
