import type { CellIndex, Tree } from "../core/data";
import type { Range } from "../state/state";
import { type Axis, leafAt } from "./frame";
import { firstCell, type MatrixOrder, type MatrixScene } from "./matrix";
import type { Region } from "./regions";

/** Dense levels have at most this many tiles along a side; below, the cells in view are fewer than such tiles. */
const mostTiles = 4096;

/** Palette levels of square tiles of 2^shift × 2^shift cells, row-major; the last row and column may be narrower. */
export interface Tiles {
  readonly shift: number;
  /** Tiles along a side. */
  readonly side: number;
  readonly value: Uint8Array;
}

/** How many tiles of 2^shift classes lie along a side. */
export function tilesAlong(nClasses: number, shift: number): number {
  return Math.ceil(nClasses / 2 ** shift);
}

/** The largest tiles that fit into a pixel at `scale` pixels a class, as a power of two; 0 is single cells. */
export function pixelShift(scale: number): number {
  let shift = 0;
  while (2 ** (shift + 1) * scale <= 1) shift++;
  return shift;
}

/** The tiles to draw at a scale: those that fit into a pixel, or 0 where drawing the cells in view is cheaper. */
export function drawnShift(scale: number, nClasses: number): number {
  const shift = pixelShift(scale);
  return tilesAlong(nClasses, shift) <= mostTiles ? shift : 0;
}

/** The strongest palette level in each tile, from the cells (METHODS §7.4: a lone cell stays as visible as it is). */
export function tileMaxima(scene: MatrixScene, shift: number, out?: Uint8Array): Tiles {
  const { order, level } = scene;
  const { rowStart, col } = order;
  const side = tilesAlong(order.nClasses, shift);
  const value = out ?? new Uint8Array(side * side);
  value.fill(0);
  for (let tileRow = 0; tileRow < side; tileRow++) {
    const line = tileRow * side;
    const stop = rowStart[Math.min(order.nClasses, (tileRow + 1) << shift)];
    for (let i = rowStart[tileRow << shift]; i < stop; i++) {
      const tile = line + (col[i] >> shift);
      if (value[tile] < level[i]) value[tile] = level[i];
    }
  }
  return { shift, side, value };
}

/** Tiles twice as wide, from four each. */
export function coarserMaxima(fine: Tiles, nClasses: number, out?: Uint8Array): Tiles {
  const shift = fine.shift + 1;
  const side = tilesAlong(nClasses, shift);
  const value = out ?? new Uint8Array(side * side);
  value.fill(0);
  for (let row = 0, at = 0; row < fine.side; row++) {
    const line = (row >> 1) * side;
    for (let col = 0; col < fine.side; col++, at++) {
      // The larger of two bytes without a branch, which tiles would make guess wrong.
      const before = value[line + (col >> 1)];
      const less = before - fine.value[at];
      value[line + (col >> 1)] = before - (less & (less >> 31));
    }
  }
  return { shift, side, value };
}

/**
 * The tiles of one matrix view, made when a zoom level needs them: from the next finer ones where these are at hand,
 * else from the cells. Keeps its buffers from scene to scene.
 */
export class MatrixPyramid {
  private scene: MatrixScene | null = null;
  private made: Tiles[] = [];
  private readonly buffers: Uint8Array[] = [];

  /** The strongest level in each tile of 2^shift classes. */
  strongest(scene: MatrixScene, shift: number): Tiles {
    if (this.scene !== scene) {
      this.scene = scene;
      this.made = [];
    }
    const known = this.made[shift];
    if (known !== undefined) return known;
    const { nClasses } = scene.order;
    const length = tilesAlong(nClasses, shift) ** 2;
    const kept = this.buffers[shift];
    const buffer = kept?.length === length ? kept : new Uint8Array(length);
    this.buffers[shift] = buffer;
    const finer = this.made[shift - 1];
    const tiles = finer ? coarserMaxima(finer, nClasses, buffer) : tileMaxima(scene, shift, buffer);
    this.made[shift] = tiles;
    return tiles;
  }
}

/** Samples of the cells shown in a tile; `row` and `col` are the largest one's, the first of equals. */
export interface TileTotals {
  readonly sum: number;
  readonly nCells: number;
  readonly most: number;
  readonly row: number;
  readonly col: number;
}

/** Add up the samples of a tile, exactly; null when no cell shows in it. `count` is by cell of `cells`. */
export function tileTotals(
  tree: Tree,
  cells: CellIndex,
  count: Int32Array,
  minCount: number,
  diagonal: boolean,
  { rows, cols }: Region,
): TileTotals | null {
  const found = { sum: 0, nCells: 0, most: 0, row: -1, col: -1 };
  for (let row = rows.start; row < rows.stop; row++) {
    const trueClass = tree.classOfLeaf[row];
    for (let j = firstOfClass(cells, trueClass); cells.true[j] === trueClass; j++) {
      const col = tree.leafOfClass[cells.pred[j]];
      const n = count[j];
      if (col < cols.start || col >= cols.stop || n === 0 || n < minCount) continue;
      if (col === row && !diagonal) continue;
      found.sum += n;
      found.nCells++;
      const isFirst = n > found.most || (n === found.most && row === found.row && col < found.col);
      if (isFirst) Object.assign(found, { most: n, row, col });
    }
  }
  return found.nCells === 0 ? null : found;
}

function firstOfClass(cells: CellIndex, trueClass: number): number {
  let low = 0;
  let high = cells.true.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (cells.true[middle] < trueClass) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** The tile that holds a cell. */
export function tileAround(order: MatrixOrder, row: number, col: number, shift: number): Region {
  const range = (leaf: number): Range => ({
    start: (leaf >> shift) << shift,
    stop: Math.min(order.nClasses, ((leaf >> shift) + 1) << shift),
  });
  return { rows: range(row), cols: range(col) };
}

/**
 * The strongest cell of the nearest tile with a shown cell within `reach` pixels; where no tile has one, the leaves
 * under the position. Ties go to the stronger shade, then to the upper, then to the left tile. Null outside.
 */
export function hitTile(
  scene: MatrixScene,
  columns: Axis,
  rows: Axis,
  x: number,
  y: number,
  reach: number,
): { readonly row: number; readonly col: number; readonly filled: boolean; readonly tile: Region } | null {
  const { order, level } = scene;
  const row = leafAt(rows, y, order.nClasses);
  const col = leafAt(columns, x, order.nClasses);
  if (row < 0 || col < 0) return null;
  const shift = pixelShift(Math.max(columns.scale, rows.scale));
  const [tileRow, tileCol] = [row >> shift, col >> shift];
  const around = (leaf: number, scale: number, low: number, high: number): [number, number] => {
    const tiles = Math.ceil(reach / (scale * 2 ** shift));
    return [
      Math.max(low, ((leaf >> shift) - tiles) << shift),
      Math.min(high, ((leaf >> shift) + tiles + 1) << shift),
    ];
  };
  const [firstRow, lastRow] = around(row, rows.scale, rows.first, rows.last);
  const [firstCol, lastCol] = around(col, columns.scale, columns.first, columns.last);
  let best = { row, col, filled: false };
  let bestDistance = (reach / (rows.scale * 2 ** shift)) ** 2;
  let bestLevel = 0;
  for (let at = firstRow; at < lastRow; at++) {
    const down = (at >> shift) - tileRow;
    const stop = order.rowStart[at + 1];
    for (let i = firstCell(order, at, firstCol); i < stop && order.col[i] < lastCol; i++) {
      if (level[i] === 0) continue;
      const across = (order.col[i] >> shift) - tileCol;
      const distance = down * down + across * across;
      if (distance > bestDistance || (distance === bestDistance && level[i] <= bestLevel)) continue;
      bestDistance = distance;
      bestLevel = level[i];
      best = { row: at, col: order.col[i], filled: true };
    }
  }
  return { ...best, tile: tileAround(order, best.row, best.col, shift) };
}
