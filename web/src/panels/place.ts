import type { Pointer } from "../model";

const GAP = 14;
const BESIDE = 8;
const EDGE = 4;

/**
 * Where a tooltip of this size stands: beside what is pointed at, else below or above it, else beside the pointer;
 * always inside the window.
 */
export function placeTip(
  { x, y, around }: Pointer,
  size: { readonly width: number; readonly height: number },
  window: { readonly width: number; readonly height: number },
): { readonly left: number; readonly top: number } {
  const most = { left: window.width - size.width - EDGE, top: window.height - size.height - EDGE };
  const level = clip(y + GAP, most.top);
  if (around) {
    const right = Math.max(x + GAP, around.right + BESIDE);
    if (right <= most.left) return { left: right, top: level };
    const left = Math.min(x - GAP, around.left - BESIDE) - size.width;
    if (left >= EDGE) return { left, top: level };
    const below = Math.max(y + GAP, around.bottom + BESIDE);
    if (below <= most.top) return { left: clip(x + GAP, most.left), top: below };
    const above = Math.min(y - GAP, around.top - BESIDE) - size.height;
    if (above >= EDGE) return { left: clip(x + GAP, most.left), top: above };
  }
  return { left: x + GAP <= most.left ? x + GAP : Math.max(EDGE, x - GAP - size.width), top: level };
}

function clip(value: number, most: number): number {
  return Math.max(EDGE, Math.min(most, value));
}
