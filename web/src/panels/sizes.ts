const KEY = "classblocks:sizes";

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
  left: { low: 170, high: 520 },
  right: { low: 280, high: 620 },
} as const;

/** The remembered widths, or those that fit a window of this width. */
export function readSizes(windowWidth: number): Sizes {
  const wide = windowWidth >= 1600;
  const start = { left: wide ? 320 : 250, right: wide ? 420 : 336, open: false };
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

function within(value: unknown, limit: { low: number; high: number }, otherwise: number): number {
  if (typeof value !== "number" || !Number.isFinite(value)) return otherwise;
  return Math.min(limit.high, Math.max(limit.low, value));
}
