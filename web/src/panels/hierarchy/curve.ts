/** Where a line chart draws: px from its corner. */
export interface ChartBox {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

/** SVG path of values by depth: `nDepths` depths share the width, 0 to 1 the height; undefined values break the line. */
export function curvePath(values: readonly number[], nDepths: number, box: ChartBox): string {
  let path = "";
  let isOpen = false;
  values.forEach((value, depth) => {
    if (!Number.isFinite(value)) {
      isOpen = false;
      return;
    }
    path += `${isOpen ? "L" : "M"}${place(depth, nDepths, box)},${level(value, box)}`;
    isOpen = true;
  });
  return path;
}

/** x of a depth. */
export function place(depth: number, nDepths: number, box: ChartBox): number {
  return round(box.left + (nDepths > 1 ? (depth / (nDepths - 1)) * box.width : box.width / 2));
}

/** y of a share. */
export function level(share: number, box: ChartBox): number {
  return round(box.top + (1 - Math.min(1, Math.max(0, share))) * box.height);
}

/** The depth nearest to a position. */
export function depthAt(x: number, nDepths: number, box: ChartBox): number {
  const at = Math.round(((x - box.left) / box.width) * (nDepths - 1));
  return Math.min(nDepths - 1, Math.max(0, at));
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
