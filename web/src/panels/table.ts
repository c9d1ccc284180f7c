/** A column of a table: how a row is written in it, and what it is sorted by. */
export interface TableColumn<R> {
  readonly name: string;
  readonly title: string;
  /** CSS grid track. */
  readonly width: string;
  /** Null where it is undefined. */
  text(row: R): string | null;
  /** In full, where `text` is cut. */
  hint?(row: R): string;
  value(row: R): number | string;
  /** Length of a bar behind the number, from 0 to 1; NaN for none. */
  bar?(row: R): number;
  /** Whether the number stands out. */
  isMarked?(row: R): boolean;
}

export interface Sorting {
  readonly column: number;
  readonly descending: boolean;
}

/** Rows in order; stable, undefined numbers last both ways. */
export function sortRows<R>(
  rows: readonly R[],
  columns: readonly TableColumn<R>[],
  sorting: Sorting | null,
): readonly R[] {
  const column = sorting && columns[sorting.column];
  if (!column) return rows;
  const sign = sorting.descending ? -1 : 1;
  return [...rows].sort((a, b) => {
    const [x, y] = [column.value(a), column.value(b)];
    const isUndefined = Number.isNaN(x);
    if (isUndefined !== Number.isNaN(y)) return isUndefined ? 1 : -1;
    if (isUndefined || x === y) return 0;
    return x < y ? -sign : sign;
  });
}

/** The next sorting when a header is pressed: its natural way first, then turned round. */
export function pressHeader<R>(
  columns: readonly TableColumn<R>[],
  before: Sorting | null,
  column: number,
  first: R | undefined,
): Sorting {
  if (before?.column === column) return { column, descending: !before.descending };
  const value = first === undefined ? 0 : columns[column]?.value(first);
  return { column, descending: typeof value === "number" };
}

/** A table as rows of values, for copying. */
export function tableRows<R>(
  rows: readonly R[],
  columns: readonly TableColumn<R>[],
): readonly (readonly (number | string)[])[] {
  return rows.map((row) => columns.map((column) => column.value(row)));
}
