import type { Tree } from "../core/data";
import { type Axis, edge } from "../layout/frame";
import { columnEdges, type ResponseScene } from "../layout/responses";

/**
 * Sample the visible part of a response map into packed colours. Lines or rows that share a pixel leave the
 * strongest response; columns of 6 CSS px and rows of 8 and more are parted by a line of background (level 0).
 */
export function sampleResponses(
  out: Uint32Array,
  width: number,
  height: number,
  scene: ResponseScene,
  tree: Tree,
  rows: Axis,
  colours: Uint32Array,
  ratio: number,
): void {
  const { level, nColumns, nPositions } = scene;
  const perClass = nColumns * nPositions;
  out.fill(colours[0]);
  if (perClass === 0) return;
  const [first, last] = sourceSpans(nColumns, nPositions, width, ratio);
  const rowGap = rows.scale >= 8 * ratio ? Math.round(ratio) : 0;
  const line = new Uint8Array(width);
  let drawn = -1;
  for (let leaf = rows.first; leaf < rows.last; leaf++) {
    const isThin = rows.scale < 1;
    const begin = isThin ? Math.floor((leaf - rows.start) * rows.scale) : edge(rows, leaf);
    const end = isThin ? begin + 1 : edge(rows, leaf + 1) - rowGap;
    const y0 = Math.max(0, begin);
    const y1 = Math.min(height, end);
    if (y1 <= y0) continue;
    if (y0 !== drawn) line.fill(0);
    drawn = y0;
    const source = tree.classOfLeaf[leaf] * perClass;
    for (let x = 0; x < width; x++) {
      for (let k = first[x]; k < last[x]; k++) {
        const shade = level[source + k];
        if (line[x] < shade) line[x] = shade;
      }
    }
    const target = y0 * width;
    for (let x = 0; x < width; x++) out[target + x] = colours[line[x]];
    for (let copy = y0 + 1; copy < y1; copy++) out.copyWithin(copy * width, target, target + width);
  }
}

function sourceSpans(
  nColumns: number,
  nPositions: number,
  width: number,
  ratio: number,
): [Int32Array, Int32Array] {
  const first = new Int32Array(width);
  const last = new Int32Array(width);
  const edges = columnEdges(nColumns, width);
  for (let column = 0; column < nColumns; column++) {
    const left = edges[column];
    const full = edges[column + 1] - left;
    const strip = full >= 6 * ratio ? full - Math.round(ratio) : full;
    for (let x = 0; x < strip; x++) {
      const from = Math.floor((x * nPositions) / strip);
      first[left + x] = column * nPositions + from;
      last[left + x] =
        column * nPositions +
        Math.max(from + 1, Math.min(nPositions, Math.floor(((x + 1) * nPositions) / strip)));
    }
  }
  return [first, last];
}
