import type { Classes, Tree } from "../../core/data";
import type { Outliers } from "../../source/answers";
import { count, measure } from "../format";
import type { TableColumn } from "../table";

/** One confusion between two blocks. */
export interface OutlierRow {
  readonly row: number;
  readonly col: number;
  readonly trueName: string;
  readonly predName: string;
  readonly samples: number;
  readonly expected: number;
  readonly surprise: number;
  readonly height: number;
}

/** Rows in the order of the answer, without those that surprise less than `least`. */
export function outlierRows(
  tree: Tree,
  classes: Classes,
  found: Outliers,
  least: number,
): readonly OutlierRow[] {
  const rows: OutlierRow[] = [];
  for (let at = 0; at < found.true.length; at++) {
    if (found.surprise[at] < least) continue;
    rows.push({
      row: tree.leafOfClass[found.true[at]],
      col: tree.leafOfClass[found.pred[at]],
      trueName: classes.short[found.true[at]] ?? "",
      predName: classes.short[found.pred[at]] ?? "",
      samples: found.count[at],
      expected: found.expected[at],
      surprise: found.surprise[at],
      height: found.lcaHeight[at],
    });
  }
  return rows;
}

/** Columns of the table of outliers. */
export const outlierColumns: readonly TableColumn<OutlierRow>[] = [
  {
    name: "true",
    title: "True class",
    width: "minmax(0, 1fr)",
    text: (row) => row.trueName,
    hint: (row) => `${row.trueName} → ${row.predName}`,
    value: (row) => row.trueName,
  },
  {
    name: "predicted",
    title: "Predicted class",
    width: "minmax(0, 1fr)",
    text: (row) => row.predName,
    hint: (row) => `${row.trueName} → ${row.predName}`,
    value: (row) => row.predName,
  },
  {
    name: "n",
    title: "Samples",
    width: "34px",
    text: (row) => count(row.samples),
    value: (row) => row.samples,
  },
  {
    name: "expected",
    title: "Samples expected there if the errors between blocks fell by the totals of row and column alone",
    width: "58px",
    text: (row) => (Number.isNaN(row.expected) ? null : measure(row.expected)),
    value: (row) => row.expected,
  },
  {
    name: "surprise",
    title: "−log10 of the probability of that many samples or more (Poisson)",
    width: "50px",
    text: (row) => (Number.isNaN(row.surprise) ? null : row.surprise.toFixed(1)),
    value: (row) => row.surprise,
  },
  {
    name: "height",
    title: "Levels from the classes up to their smallest common group",
    width: "40px",
    text: (row) => count(row.height),
    value: (row) => row.height,
  },
];
