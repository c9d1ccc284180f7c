import { squareWidth } from "../layout/frame";

const KEY = "classblocks:sizes";
/** Height of the bars above and below the matrix. */
const BARS = 40 + 33 + 78 + 27;
/** So much the controls of the response map need. */
const LEAST_MIDDLE = 620;

/** Widths of the side panels in CSS px. */
export interface Sizes {
  readonly left: number;
  readonly right: number;
  /** Whether the sample panel is open where it lies over the page. */
  readonly open: boolean;
}

export const FOLD_BELOW = 1280;

/** Limits of the widths; the middle always keeps the larger part. */
export const limits = {
  left: { low: 170, high: 560 },
  right: { low: 280, high: 760 },
} as const;

/** The remembered widths, or such that the matrix is square and the rest is shared. */
export function readSizes(windowWidth: number, windowHeight: number): Sizes {
  const start = startSizes(windowWidth, windowHeight);
  try {
    const stored = JSON.parse(localStorage.getItem(KEY) ?? "null") as Partial<Sizes> | null;
    return {
      left: within(stored?.left, limits.left, start.left),
      right: within(stored?.right, limits.right, start.right),
      open: false,
    };
  } catch {
    return start;
  }
}

/** Remember the widths. */
export function writeSizes(sizes: Sizes): void {
  localStorage.setItem(KEY, JSON.stringify({ left: sizes.left, right: sizes.right }));
}

function startSizes(windowWidth: number, windowHeight: number): Sizes {
  const middle = Math.max(LEAST_MIDDLE, squareWidth(windowHeight - BARS));
  const rest = windowWidth - middle;
  if (windowWidth < FOLD_BELOW)
    return { left: clip(Math.min(rest, 300), limits.left), right: 360, open: false };
  const left = clip(0.4 * rest, limits.left);
  return { left, right: clip(rest - left, limits.right), open: false };
}

function clip(value: number, limit: { low: number; high: number }): number {
  return Math.round(Math.min(limit.high, Math.max(limit.low, value)));
}

function within(value: unknown, limit: { low: number; high: number }, otherwise: number): number {
  if (typeof value !== "number" || !Number.isFinite(value)) return otherwise;
  return clip(value, limit);
}
