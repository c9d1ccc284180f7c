import type { Rect } from "../state/state";

/**
 * Margins that icicle, matrix and response map share, in CSS px. Their elements must stand at the same height
 * on the page; then their rows are level. The icicle leaves its top margin free for controls.
 */
export const margin = { top: 96, right: 8, bottom: 10, left: 2 } as const;

export interface Size {
  readonly width: number;
  readonly height: number;
}

/** Where a view draws its rows, in the unit of `size`. */
export interface Plot {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

const smallestSpan = 3;

/** The plot of a view in CSS px; every view has the same `y` and `height`. */
export function plotArea(size: Size): Plot {
  return {
    x: margin.left,
    y: margin.top,
    width: Math.max(1, size.width - margin.left - margin.right),
    height: Math.max(1, size.height - margin.top - margin.bottom),
  };
}

/** The plot of the matrix: as wide as high, so that the diagonal lies at 45°, or all the width there is. */
export function squarePlot(size: Size): Plot {
  const plot = plotArea(size);
  return { ...plot, width: Math.min(plot.width, plot.height) };
}

/** The width at which the matrix is square in an element of this height. */
export function squareWidth(height: number): number {
  return height - margin.top - margin.bottom + margin.left + margin.right;
}

/** The plot in device pixels; both ends are rounded, so views with the same CSS plot have the same rows. */
export function devicePlot(plot: Plot, ratio: number): Plot {
  const x = Math.round(plot.x * ratio);
  const y = Math.round(plot.y * ratio);
  return {
    x,
    y,
    width: Math.max(1, Math.round((plot.x + plot.width) * ratio) - x),
    height: Math.max(1, Math.round((plot.y + plot.height) * ratio) - y),
  };
}

/** The visible rectangle in leaf units. */
export function visibleRect(viewport: Rect | null, nClasses: number): Rect {
  return viewport ?? { x0: 0, y0: 0, x1: nClasses, y1: nClasses };
}

/** A one-dimensional map from leaf units to pixels of a plot. */
export interface Axis {
  readonly start: number;
  readonly stop: number;
  readonly pixels: number;
  readonly scale: number;
  /** First leaf that shows, and one past the last. */
  readonly first: number;
  readonly last: number;
}

/** Map leaves [start, stop) to `pixels` pixels. */
export function axis(start: number, stop: number, pixels: number, nClasses: number): Axis {
  return {
    start,
    stop,
    pixels,
    scale: pixels / (stop - start),
    first: Math.max(0, Math.floor(start)),
    last: Math.min(nClasses, Math.ceil(stop)),
  };
}

/** Pixel (device px from the plot's edge) where a leaf begins, not clipped. */
export function edge(along: Axis, leaf: number): number {
  return Math.round((leaf - along.start) * along.scale);
}

/** The leaf at a position from the plot's edge, or −1 outside. */
export function leafAt(along: Axis, position: number, nClasses: number): number {
  if (position < 0 || position >= along.pixels) return -1;
  const leaf = Math.floor(along.start + position / along.scale);
  return leaf >= 0 && leaf < nClasses ? leaf : -1;
}

/** Zoom by `factor` (below 1 zooms in) around an anchor in leaf units; null is everything. */
export function zoomed(
  rect: Rect,
  factor: number,
  anchor: { readonly x: number; readonly y: number },
  nClasses: number,
): Rect | null {
  const least = Math.min(smallestSpan, nClasses);
  const span = Math.max(least, (rect.y1 - rect.y0) * factor);
  if (span >= nClasses) return null;
  const scale = span / (rect.y1 - rect.y0);
  const x0 = anchor.x - (anchor.x - rect.x0) * scale;
  const y0 = anchor.y - (anchor.y - rect.y0) * scale;
  return clamped({ x0, y0, x1: x0 + span, y1: y0 + span }, nClasses);
}

/** Move by leaf units, as far as the matrix goes. */
export function panned(rect: Rect, dx: number, dy: number, nClasses: number): Rect {
  return clamped({ x0: rect.x0 + dx, y0: rect.y0 + dy, x1: rect.x1 + dx, y1: rect.y1 + dy }, nClasses);
}

/** Whether rows and columns show the same leaves, as they do until the matrix is moved off its diagonal. */
export function isOnDiagonal(rect: Rect): boolean {
  return Math.abs(rect.x0 - rect.y0) < 1e-6;
}

function clamped(rect: Rect, nClasses: number): Rect {
  const span = rect.x1 - rect.x0;
  const x0 = Math.min(Math.max(0, rect.x0), nClasses - span);
  const y0 = Math.min(Math.max(0, rect.y0), nClasses - span);
  return { x0, y0, x1: x0 + span, y1: y0 + span };
}
