import { type Axis, edge } from "./frame";

/** Half-open ranges of pixels in which nothing but classes marked in `empty` (1, by class) lies. */
export function emptyPixels(
  along: Axis,
  empty: Uint8Array,
  classOfLeaf: Int32Array,
): readonly (readonly [start: number, stop: number])[] {
  const isEmpty = new Uint8Array(along.pixels).fill(1);
  for (let leaf = along.first; leaf < along.last; leaf++) {
    if (empty[classOfLeaf[leaf]] === 1) continue;
    const start = along.scale >= 1 ? edge(along, leaf) : Math.floor((leaf - along.start) * along.scale);
    const stop = along.scale >= 1 ? edge(along, leaf + 1) : start + 1;
    isEmpty.fill(0, Math.max(0, start), Math.max(0, stop));
  }
  return runsOf(isEmpty.length, (at) => isEmpty[at] === 1);
}

/** Half-open ranges of leaves in view whose classes are all marked. */
export function emptyLeaves(
  along: Axis,
  empty: Uint8Array,
  classOfLeaf: Int32Array,
): readonly (readonly [start: number, stop: number])[] {
  return runsOf(along.last - along.first, (at) => empty[classOfLeaf[along.first + at]] === 1).map(
    ([start, stop]) => [along.first + start, along.first + stop],
  );
}

function runsOf(length: number, is: (at: number) => boolean): (readonly [number, number])[] {
  const runs: (readonly [number, number])[] = [];
  for (let at = 0; at < length; at++) {
    if (!is(at)) continue;
    const start = at;
    while (at < length && is(at)) at++;
    runs.push([start, at]);
  }
  return runs;
}
