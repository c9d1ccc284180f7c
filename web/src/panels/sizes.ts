import { squareWidth } from "../layout/frame";

const KEY = "classblocks:sizes";
/** Height of the bars above and below the matrix. */
const BARS = 40 + 25 + 33 + 78 + 27;
/** So much the controls above the views need. */
const LEAST_MIDDLE = 470;
const LEFT_SHARE = 0.38;

/** Widths of the side panels in CSS px. */
export interface Widths {
  readonly left: number;
  readonly right: number;
}

/** Below this width the sample panel lies over the page. */
export const FOLD_BELOW = 1280;

/** Limits of the widths; the middle always keeps what its controls need. */
export const limits = {
  left: { low: 170, high: 560 },
  right: { low: 280, high: 1200 },
} as const;

/**
 * Widths in a window of this size: those set by hand as far as they fit, or such that the matrix is square without
 * a blank strip beside it.
 */
export function widthsIn(windowWidth: number, windowHeight: number, byHand: Widths | null): Widths {
  const square = Math.max(LEAST_MIDDLE, squareWidth(windowHeight - BARS));
  if (windowWidth < FOLD_BELOW) {
    const left = clip(byHand?.left ?? windowWidth - square, limits.left);
    return {
      left: Math.max(limits.left.low, Math.min(left, windowWidth - LEAST_MIDDLE)),
      right: clip(Math.min(byHand?.right ?? 400, windowWidth - 40), limits.right),
    };
  }
  if (byHand) {
    const right = Math.min(byHand.right, windowWidth - LEAST_MIDDLE - byHand.left);
    return { left: byHand.left, right: clip(right, limits.right) };
  }
  const rest = windowWidth - square;
  const left = clip(LEFT_SHARE * rest, { low: 250, high: 440 });
  return { left, right: clip(rest - left, limits.right) };
}

/** The widths set by hand; null when there are none. */
export function readWidths(): Widths | null {
  try {
    const stored = JSON.parse(localStorage.getItem(KEY) ?? "null") as Partial<Widths> | null;
    const { left, right } = stored ?? {};
    if (!isWidth(left) || !isWidth(right)) return null;
    return { left: clip(left, limits.left), right: clip(right, limits.right) };
  } catch {
    return null;
  }
}

/** Remember the widths. */
export function writeWidths(widths: Widths): void {
  localStorage.setItem(KEY, JSON.stringify(widths));
}

function clip(value: number, limit: { low: number; high: number }): number {
  return Math.round(Math.min(limit.high, Math.max(limit.low, value)));
}

function isWidth(value: unknown): value is number {
  return typeof value === "number" && Number.isFinite(value);
}
