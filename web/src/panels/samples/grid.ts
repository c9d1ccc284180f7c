/** Geometry of a virtual grid: equal items in rows, only those in view exist. */
export interface Grid {
  readonly columns: number;
  readonly rows: number;
  readonly itemWidth: number;
  readonly itemHeight: number;
  readonly height: number;
}

/** Fit items of at least `least` px into `width`; with `stretch` they share the rest. */
export function gridOf(
  n: number,
  width: number,
  least: number,
  itemHeight: number,
  gap: number,
  stretch: boolean,
): Grid {
  const columns = Math.max(1, Math.floor((width + gap) / (least + gap)));
  const itemWidth = stretch ? (width - gap * (columns - 1)) / columns : least;
  const rows = Math.ceil(n / columns);
  return { columns, rows, itemWidth, itemHeight, height: Math.max(0, rows * (itemHeight + gap) - gap) };
}

/** Half-open range of items in view, one row more on either side. */
export function visibleItems(
  grid: Grid,
  n: number,
  gap: number,
  top: number,
  height: number,
): readonly [number, number] {
  const pitch = grid.itemHeight + gap;
  const first = Math.max(0, Math.floor(top / pitch) - 1);
  const last = Math.min(grid.rows, Math.ceil((top + height) / pitch) + 1);
  return [Math.min(n, first * grid.columns), Math.min(n, Math.max(first, last) * grid.columns)];
}
