import type { Rect } from "./state/state";

/** A square viewport around a range of leaves, with a little of what is beside it; everything is null. */
export function zoomTo(start: number, stop: number, nClasses: number): Rect | null {
  const size = stop - start;
  if (size >= nClasses) return null;
  const extent = Math.min(nClasses, Math.max(size * 1.15, 6));
  const middle = (start + stop) / 2;
  const low = Math.max(0, Math.min(nClasses - extent, middle - extent / 2));
  return { x0: low, y0: low, x1: low + extent, y1: low + extent };
}
