/** A point as (column, row) in leaf units. */
export type LeafPoint = readonly [x: number, y: number];

/**
 * Corners of a closed path drawn by hand: the corner whose triangle with its neighbours is smallest goes first
 * (Visvalingam & Whyatt 1993), until at most `most` are left and none spans less than `leastArea`.
 */
export function simplifyLasso(
  path: readonly LeafPoint[],
  most: number,
  leastArea: number,
): readonly LeafPoint[] {
  const kept = path.filter((point, at) => at === 0 || !isSame(point, path[at - 1] as LeafPoint));
  while (kept.length > 3) {
    let smallest = Number.POSITIVE_INFINITY;
    let least = -1;
    for (let at = 0; at < kept.length; at++) {
      const area = triangle(
        kept[(at + kept.length - 1) % kept.length] as LeafPoint,
        kept[at] as LeafPoint,
        kept[(at + 1) % kept.length] as LeafPoint,
      );
      if (area < smallest) {
        smallest = area;
        least = at;
      }
    }
    if (kept.length <= most && smallest >= leastArea) break;
    kept.splice(least, 1);
  }
  return kept;
}

function triangle([ax, ay]: LeafPoint, [bx, by]: LeafPoint, [cx, cy]: LeafPoint): number {
  return Math.abs((bx - ax) * (cy - ay) - (cx - ax) * (by - ay)) / 2;
}

function isSame([ax, ay]: LeafPoint, [bx, by]: LeafPoint): boolean {
  return ax === bx && ay === by;
}
