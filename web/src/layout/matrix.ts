import { cellsByPred } from "../core/cells";
import type { Tree } from "../core/data";
import { ancestors } from "../core/hierarchy";
import type { Scale } from "../core/scale";
import type { Mapped, Pattern } from "../core/values";
import { type Axis, leafAt } from "./frame";
import type { Region } from "./regions";

/** The non-empty cells in leaf order, row by row; made once per tree and cells. */
export interface MatrixOrder {
  readonly nClasses: number;
  /** Cells of row `leaf`: `rowStart[leaf] .. rowStart[leaf + 1]`. */
  readonly rowStart: Int32Array;
  readonly col: Int32Array;
  /** Row of the pattern that was ordered, of CellIndex for all values but pairs. */
  readonly cell: Int32Array;
}

/** What the matrix shows: for each cell in leaf order its palette level, 0 for hidden and empty cells. */
export interface MatrixScene {
  readonly order: MatrixOrder;
  readonly level: Uint8Array;
}

const orders = new WeakMap<Tree, WeakMap<Pattern, MatrixOrder>>();

/** Put the cells in leaf order; made once per tree and pattern, for as long as both live. */
export function orderCells(tree: Tree, cells: Pattern): MatrixOrder {
  let ofTree = orders.get(tree);
  if (ofTree === undefined) {
    ofTree = new WeakMap();
    orders.set(tree, ofTree);
  }
  let order = ofTree.get(cells);
  if (order === undefined) {
    order = sortCells(tree, cells);
    ofTree.set(cells, order);
  }
  return order;
}

// Column by column, every cell goes to the next place of its row.
function sortCells(tree: Tree, cells: Pattern): MatrixOrder {
  const { nClasses } = cells;
  const nCells = cells.true.length;
  const { leafOfClass, classOfLeaf } = tree;
  const rowStart = new Int32Array(nClasses + 1);
  for (let j = 0; j < nCells; j++) rowStart[leafOfClass[cells.true[j]] + 1]++;
  for (let leaf = 0; leaf < nClasses; leaf++) rowStart[leaf + 1] += rowStart[leaf];
  const next = rowStart.slice();
  const col = new Int32Array(nCells);
  const cell = new Int32Array(nCells);
  const { start, place, true: trueClass } = cellsByPred(cells);
  for (let leaf = 0; leaf < nClasses; leaf++) {
    const stop = start[classOfLeaf[leaf] + 1];
    for (let at = start[classOfLeaf[leaf]]; at < stop; at++) {
      const to = next[leafOfClass[trueClass[at]]]++;
      cell[to] = place[at];
      col[to] = leaf;
    }
  }
  return { nClasses, rowStart, col, cell };
}

/** Palette level 1 … 255 of a position on the colour scale. */
export function paletteLevel(t: number): number {
  return 1 + Math.round(t * 254);
}

const tabled = 4096;

/** Colour the cells for one filter and encoding; `order` is that of the pattern of `mapped`. */
export function matrixScene(
  order: MatrixOrder,
  mapped: Mapped,
  scale: Scale,
  diagonal: boolean,
): MatrixScene {
  const level = new Uint8Array(order.cell.length);
  if (mapped.kind === "count") colourCounts(level, order, mapped, scale);
  else if (scale.steps) colourRanks(level, order, mapped, scale.steps);
  else {
    for (let i = 0; i < level.length; i++) {
      const rate = mapped.value[order.cell[i]];
      if (rate > 0) level[i] = paletteLevel(scale.position(rate));
    }
  }
  if (!diagonal) hideDiagonal(order, level);
  return { order, level };
}

// Counts are few different numbers: a table saves a logarithm per cell.
function colourCounts(
  level: Uint8Array,
  order: MatrixOrder,
  { value, minCount }: Mapped,
  scale: Scale,
): void {
  const table = new Uint8Array(tabled);
  const levelOf = (n: number) => (n < minCount ? 0 : paletteLevel(scale.position(n)));
  for (let n = 1; n < tabled; n++) table[n] = levelOf(n);
  for (let i = 0; i < level.length; i++) {
    const n = value[order.cell[i]];
    level[i] = n < tabled ? table[n] : levelOf(n);
  }
}

// A search among the few values where the level changes is quicker than one among all different rates.
function colourRanks(
  level: Uint8Array,
  order: MatrixOrder,
  { value }: Mapped,
  { values, positions }: NonNullable<Scale["steps"]>,
): void {
  const first = new Float64Array(256).fill(Number.POSITIVE_INFINITY);
  for (let at = values.length - 1; at >= 0; at--) first[paletteLevel(positions[at])] = values[at];
  for (let own = 254; own > 0; own--) if (first[own] > first[own + 1]) first[own] = first[own + 1];
  for (let i = 0; i < level.length; i++) {
    const rate = value[order.cell[i]];
    if (!(rate > 0)) continue;
    let low = 1;
    for (let step = 128; step > 0; step >>= 1) if (low + step < 256 && first[low + step] <= rate) low += step;
    level[i] = low;
  }
}

function hideDiagonal(order: MatrixOrder, level: Uint8Array): void {
  for (let row = 0; row < order.nClasses; row++) {
    const place = firstCell(order, row, row);
    if (place < order.rowStart[row + 1] && order.col[place] === row) level[place] = 0;
  }
}

/** The first cell of a row at or beyond a column, as a place in the order. */
export function firstCell(order: MatrixOrder, row: number, col: number): number {
  let low = order.rowStart[row];
  let high = order.rowStart[row + 1];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (order.col[middle] < col) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** The cell (row of the pattern) at two leaves, or −1 where it is empty. */
export function cellAt(order: MatrixOrder, row: number, col: number): number {
  const place = firstCell(order, row, col);
  return place < order.rowStart[row + 1] && order.col[place] === col ? order.cell[place] : -1;
}

export interface MatrixTarget {
  readonly row: number;
  readonly col: number;
  /** A shown cell lies here. */
  readonly filled: boolean;
  /** The cells that share its pixel, where there are several. */
  readonly tile?: Region;
}

/**
 * What lies at a position in the plot. Where cells are small, the nearest shown cell within `reach` pixels is
 * taken, so that single cells can be picked; ties go to the stronger shade.
 */
export function hitMatrix(
  scene: MatrixScene,
  columns: Axis,
  rows: Axis,
  x: number,
  y: number,
  reach: number,
): MatrixTarget | null {
  const row = leafAt(rows, y, scene.order.nClasses);
  const col = leafAt(columns, x, scene.order.nClasses);
  if (row < 0 || col < 0) return null;
  const place = firstCell(scene.order, row, col);
  const filled =
    place < scene.order.rowStart[row + 1] && scene.order.col[place] === col && scene.level[place] > 0;
  if (filled || columns.scale >= reach) return { row, col, filled };
  return nearest(scene, columns, rows, x, y, reach) ?? { row, col, filled: false };
}

function nearest(
  scene: MatrixScene,
  columns: Axis,
  rows: Axis,
  x: number,
  y: number,
  reach: number,
): MatrixTarget | null {
  const { order, level } = scene;
  const firstRow = Math.max(rows.first, Math.floor(rows.start + (y - reach) / rows.scale));
  const lastRow = Math.min(rows.last, Math.ceil(rows.start + (y + reach) / rows.scale));
  const firstCol = Math.max(columns.first, Math.floor(columns.start + (x - reach) / columns.scale));
  const lastCol = Math.min(columns.last, Math.ceil(columns.start + (x + reach) / columns.scale));
  let best: MatrixTarget | null = null;
  let bestDistance = reach * reach;
  let bestLevel = 0;
  for (let row = firstRow; row < lastRow; row++) {
    for (
      let i = firstCell(order, row, firstCol);
      i < order.rowStart[row + 1] && order.col[i] < lastCol;
      i++
    ) {
      if (level[i] === 0) continue;
      const dx = (order.col[i] + 0.5 - columns.start) * columns.scale - x;
      const dy = (row + 0.5 - rows.start) * rows.scale - y;
      const distance = dx * dx + dy * dy;
      if (distance > bestDistance || (distance === bestDistance && level[i] <= bestLevel)) continue;
      bestDistance = distance;
      bestLevel = level[i];
      best = { row, col: order.col[i], filled: true };
    }
  }
  return best;
}

/** The smallest group that holds a row and a column; on the diagonal the group around the class. */
export function groupAround(tree: Tree, row: number, col: number): number {
  const node = ancestors(tree).of(row, col);
  return row === col ? Math.max(0, tree.parent[node]) : node;
}

/** Merge the leaf ranges of nodes into disjoint ranges from left to right. */
export function leafRanges(tree: Tree, wireNodes: readonly number[]): { start: number; stop: number }[] {
  const ranges = wireNodes
    .map((wireNode) => tree.nodeOfWire[wireNode])
    .map((node) => ({ start: tree.start[node], stop: tree.stop[node] }))
    .sort((a, b) => a.start - b.start || b.stop - a.stop);
  const merged: { start: number; stop: number }[] = [];
  for (const range of ranges) {
    const last = merged[merged.length - 1];
    if (last !== undefined && range.start <= last.stop) last.stop = Math.max(last.stop, range.stop);
    else merged.push(range);
  }
  return merged;
}
