export type Layer = "data" | "overlay";

/** Draws one layer; coordinates are device pixels, the layer is clear. */
export type Draw = (context: CanvasRenderingContext2D, surface: Surface) => void;

/** Two stacked canvases that fill an element, and the one frame loop that draws them. */
export interface Surface {
  readonly element: HTMLElement;
  /** Size of the element in CSS px; 0 × 0 until it has one. */
  readonly width: number;
  readonly height: number;
  /** Device pixels per CSS px. */
  readonly ratio: number;
  invalidate(layer: Layer): void;
  /** A position in client CSS px as CSS px from the element's corner. */
  toLocal(clientX: number, clientY: number): { x: number; y: number };
  /** A rectangle in CSS px from the element's corner as one in client CSS px. */
  toClient(
    x0: number,
    y0: number,
    x1: number,
    y1: number,
  ): { left: number; top: number; right: number; bottom: number };
  destroy(): void;
}

/** Fill an element with a surface. `draw` is called at most once a frame for each layer. */
export function createSurface(element: HTMLElement, draw: Readonly<Record<Layer, Draw>>): Surface {
  const layers: Layer[] = ["data", "overlay"];
  const canvases = { data: canvasIn(element), overlay: canvasIn(element) };
  const contexts = {
    data: canvases.data.getContext("2d", { alpha: false }) as CanvasRenderingContext2D,
    overlay: canvases.overlay.getContext("2d") as CanvasRenderingContext2D,
  };
  const stale = new Set<Layer>(layers);
  let frame = 0;
  let isResized = true;
  let resolution: MediaQueryList | null = null;

  const size = { width: 0, height: 0, ratio: window.devicePixelRatio };
  const surface: Surface = {
    element,
    get width() {
      return size.width;
    },
    get height() {
      return size.height;
    },
    get ratio() {
      return size.ratio;
    },
    invalidate(layer) {
      stale.add(layer);
      if (frame === 0) frame = requestAnimationFrame(paint);
    },
    toLocal(clientX, clientY) {
      const box = element.getBoundingClientRect();
      return { x: clientX - box.left, y: clientY - box.top };
    },
    toClient(x0, y0, x1, y1) {
      const { left, top } = element.getBoundingClientRect();
      return { left: left + x0, top: top + y0, right: left + x1, bottom: top + y1 };
    },
    destroy() {
      cancelAnimationFrame(frame);
      frame = -1;
      observer.disconnect();
      resolution?.removeEventListener("change", watchResolution);
      for (const layer of layers) {
        canvases[layer].width = 0;
        canvases[layer].remove();
      }
    },
  };

  function paint(): void {
    frame = 0;
    if (size.width === 0 || size.height === 0) return;
    if (isResized) {
      isResized = false;
      for (const layer of layers) {
        canvases[layer].width = Math.round(size.width * size.ratio);
        canvases[layer].height = Math.round(size.height * size.ratio);
        canvases[layer].style.width = `${canvases[layer].width / size.ratio}px`;
        canvases[layer].style.height = `${canvases[layer].height / size.ratio}px`;
        stale.add(layer);
      }
    }
    for (const layer of layers) {
      if (!stale.has(layer)) continue;
      stale.delete(layer);
      const context = contexts[layer];
      context.save();
      if (layer === "overlay") context.clearRect(0, 0, canvases.overlay.width, canvases.overlay.height);
      draw[layer](context, surface);
      context.restore();
    }
  }

  function resize(width: number, height: number): void {
    size.width = width;
    size.height = height;
    size.ratio = window.devicePixelRatio;
    isResized = true;
    for (const layer of layers) surface.invalidate(layer);
  }

  function watchResolution(): void {
    resolution?.removeEventListener("change", watchResolution);
    resolution = window.matchMedia(`(resolution: ${window.devicePixelRatio}dppx)`);
    resolution.addEventListener("change", watchResolution);
    if (size.ratio !== window.devicePixelRatio) resize(size.width, size.height);
  }

  const observer = new ResizeObserver(([entry]) =>
    resize(Math.floor(entry.contentRect.width), Math.floor(entry.contentRect.height)),
  );
  observer.observe(element);
  watchResolution();
  return surface;
}

function canvasIn(element: HTMLElement): HTMLCanvasElement {
  const canvas = document.createElement("canvas");
  canvas.setAttribute("aria-hidden", "true");
  canvas.style.cssText = "position:absolute;left:0;top:0;pointer-events:none";
  element.append(canvas);
  return canvas;
}
