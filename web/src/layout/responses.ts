import type { ResponseBlock, Tree } from "../core/data";
import { type Axis, leafAt } from "./frame";

/** Height of the column header above the plot, in CSS px. */
export const headerHeight = 14;
/** Space between header and plot, in CSS px. */
export const headerGap = 4;

/** What the response map shows: palette levels by class and line, 0 for undefined. */
export interface ResponseScene {
  readonly nColumns: number;
  readonly nPositions: number;
  /** (class_id, column · nPositions + position): 0 hatched, 1 … 254 black to light blue, 255 yellow. */
  readonly level: Uint8Array;
  readonly minimum: number;
}

/** Level of a response (METHODS §7.3). */
export function responseLevel(value: number, minimum: number, threshold: number): number {
  if (Number.isNaN(value)) return 0;
  if (value >= threshold) return 255;
  return 1 + Math.round((253 * Math.max(0, value - minimum)) / (threshold - minimum));
}

/** Colour a page of responses. The darkest value is 0, or the smallest value where a layer has negative ones. */
export function responseScene(block: ResponseBlock): ResponseScene {
  let minimum = 0;
  for (let i = 0; i < block.value.length; i++) {
    if (block.value[i] < minimum) minimum = block.value[i];
  }
  const level = new Uint8Array(block.value.length);
  const scale = 253 / (block.threshold - minimum);
  for (let i = 0; i < level.length; i++) {
    const value = block.value[i];
    if (value >= block.threshold) level[i] = 255;
    else if (value >= minimum) level[i] = 1 + Math.round(scale * (value - minimum));
  }
  const nPositions = block.side * block.side;
  return { nColumns: block.neurons.length, nPositions, level, minimum };
}

/** Position of every column's score between 0 (or the smallest score) and the largest; infinite is 1, NaN undefined. */
export function headerShades(block: ResponseBlock, range: readonly [number, number]): Float64Array {
  const low = Math.min(0, range[0]);
  const scale = range[1] > low ? 1 / (range[1] - low) : 0;
  return Float64Array.from(block.neurons, (neuron) => {
    const score = block.score[neuron];
    if (!Number.isFinite(score)) return score > 0 ? 1 : score < 0 ? 0 : Number.NaN;
    return (score - low) * scale;
  });
}

/** How many neurons fit a page at one line per CSS px and a gap, at least 10 px a neuron. */
export function neuronsPerPage(width: number, side: number): number {
  return Math.max(1, Math.floor(width / Math.max(10, side * side + 1)));
}

/** Left edge of every column in pixels, then the right edge. */
export function columnEdges(nColumns: number, pixels: number): Int32Array {
  return Int32Array.from({ length: nColumns + 1 }, (_, column) => Math.round((column * pixels) / nColumns));
}

export interface ResponseTarget {
  readonly leaf: number;
  readonly column: number;
  readonly position: number;
}

/** What lies at a position in the plot. */
export function hitResponses(
  scene: ResponseScene,
  tree: Tree,
  rows: Axis,
  pixels: number,
  x: number,
  y: number,
): ResponseTarget | null {
  const leaf = leafAt(rows, y, tree.classOfLeaf.length);
  const column = hitColumn(scene.nColumns, pixels, x);
  if (leaf < 0 || column < 0) return null;
  const left = (column * pixels) / scene.nColumns;
  const within = ((x - left) * scene.nColumns) / pixels;
  const position = Math.min(scene.nPositions - 1, Math.max(0, Math.floor(within * scene.nPositions)));
  return { leaf, column, position };
}

/** The column at a horizontal position, or −1. */
export function hitColumn(nColumns: number, pixels: number, x: number): number {
  if (x < 0 || x >= pixels || nColumns === 0) return -1;
  return Math.min(nColumns - 1, Math.floor((x * nColumns) / pixels));
}
