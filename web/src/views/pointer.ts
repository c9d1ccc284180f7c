import type { Surface } from "../draw/surface";

export interface Point {
  /** CSS px from the element's corner. */
  readonly x: number;
  readonly y: number;
  readonly shift: boolean;
  /** Alt, Ctrl or the command key is down. */
  readonly other: boolean;
}

/** What a view does with the pointer; coordinates are CSS px from the element's corner. */
export interface PointerUse {
  /** The pointer rests or moves without a button; client coordinates for the tooltip. */
  hover(point: Point, clientX: number, clientY: number): void;
  leave(): void;
  click(point: Point): void;
  doubleClick(point: Point): void;
  /** A drag with the main button; absent where that pans. */
  drag?(from: Point, to: Point, isDone: boolean): void;
  /** Whether a press here begins a drag; else it pans. */
  drags?(from: Point): boolean;
  /** The drag was given up. */
  cancelDrag?(): void;
  pan(dx: number, dy: number): void;
  /** The context menu is asked for; null from the keyboard. */
  menu?(point: Point | null, clientX: number, clientY: number): void;
  /** `factor` below 1 zooms in. */
  zoom(factor: number, point: Point): void;
}

const dragThreshold = 4;

/** Watch the pointer over a surface until the signal aborts. */
export function watchPointer(surface: Surface, use: PointerUse, signal: AbortSignal): void {
  const { element } = surface;
  let press: { from: Point; last: Point; pans: boolean; moved: boolean; id: number } | null = null;
  let isSpaceDown = false;

  const pointOf = (event: MouseEvent): Point => ({
    ...surface.toLocal(event.clientX, event.clientY),
    shift: event.shiftKey,
    other: event.altKey || event.ctrlKey || event.metaKey,
  });
  const release = () => {
    if (press !== null && element.hasPointerCapture(press.id)) element.releasePointerCapture(press.id);
    press = null;
    element.style.cursor = "";
  };

  element.addEventListener(
    "pointerdown",
    (event) => {
      if (press !== null) return;
      const from = pointOf(event);
      const drags = use.drag !== undefined && (use.drags?.(from) ?? true);
      const pans = event.button !== 0 || event.altKey || isSpaceDown || !drags;
      press = { from, last: from, pans, moved: false, id: event.pointerId };
      element.setPointerCapture(event.pointerId);
      if (event.button === 1) event.preventDefault();
    },
    { signal },
  );
  element.addEventListener(
    "pointermove",
    (event) => {
      const point = pointOf(event);
      if (press === null) {
        use.hover(point, event.clientX, event.clientY);
        return;
      }
      const { from, last } = press;
      if (!press.moved && Math.hypot(point.x - from.x, point.y - from.y) < dragThreshold) return;
      press.moved = true;
      press.last = point;
      if (press.pans) {
        element.style.cursor = "grabbing";
        use.pan(point.x - last.x, point.y - last.y);
      } else {
        use.drag?.(from, point, false);
      }
    },
    { signal },
  );
  element.addEventListener(
    "pointerup",
    (event) => {
      if (press === null) return;
      const { from, pans, moved } = press;
      release();
      if (moved) {
        if (!pans) use.drag?.(from, pointOf(event), true);
      } else if (event.button === 0) {
        use.click(pointOf(event));
      } else if (event.button === 2) {
        use.menu?.(pointOf(event), event.clientX, event.clientY);
      }
    },
    { signal },
  );
  const giveUp = () => {
    if (press?.moved && !press.pans) use.cancelDrag?.();
    release();
  };
  element.addEventListener("pointercancel", giveUp, { signal });
  element.addEventListener("pointerleave", () => use.leave(), { signal });
  element.addEventListener("dblclick", (event) => use.doubleClick(pointOf(event)), { signal });
  element.addEventListener(
    "contextmenu",
    (event) => {
      event.preventDefault();
      if (event.button !== 2) use.menu?.(null, event.clientX, event.clientY);
    },
    { signal },
  );
  element.addEventListener(
    "wheel",
    (event) => {
      event.preventDefault();
      use.zoom(zoomFactor(event), pointOf(event));
    },
    { signal, passive: false },
  );
  window.addEventListener(
    "keydown",
    (event) => {
      if (event.key !== " " || !element.matches(":hover") || isTyping(event)) return;
      isSpaceDown = true;
      event.preventDefault();
    },
    { signal },
  );
  // Before anything else that Escape may mean.
  window.addEventListener(
    "keydown",
    (event) => {
      if (event.key !== "Escape") return;
      const isDrag = press?.moved && !press.pans;
      giveUp();
      if (!isDrag) return;
      event.preventDefault();
      event.stopPropagation();
    },
    { signal, capture: true },
  );
  window.addEventListener(
    "keyup",
    (event) => {
      if (event.key === " ") isSpaceDown = false;
    },
    { signal },
  );
}

// A pinch on a trackpad arrives as a wheel event with ctrlKey and small steps.
function zoomFactor(event: WheelEvent): number {
  const pixels = event.deltaY * (event.deltaMode === WheelEvent.DOM_DELTA_LINE ? 16 : 1);
  const step = event.ctrlKey ? pixels * 0.01 : pixels * 0.0016;
  return Math.exp(Math.min(0.6, Math.max(-0.6, step)));
}

function isTyping(event: KeyboardEvent): boolean {
  return event.target instanceof HTMLElement && event.target.matches("input, textarea, select, button");
}
