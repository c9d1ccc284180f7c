import { type BlockCounts, nodeOfRange } from "../../core/blocks";
import type { Classes, GroupMetrics, Tree } from "../../core/data";
import { nodeName } from "../../label";
import type { PartitionAnswer } from "../../source/answers";
import type { Range } from "../../state/state";
import { count, measure, rate } from "../format";
import type { TableColumn } from "../table";

/** One block as the table lists it. */
export interface BlockRow {
  readonly block: number;
  readonly leaves: Range;
  readonly name: string;
  readonly nClasses: number;
  /** Errors with both classes inside, after the filters. */
  readonly errors: number;
  /** Share of all errors. */
  readonly mass: number;
  /** Errors a cell off the diagonal; NaN for a single class. */
  readonly density: number;
  /** Samples of its classes that stay inside; counted like the metrics of groups. */
  readonly recall: number;
}

/** The group a block is, or its first and last class. */
export function blockName(tree: Tree, classes: Classes, { start, stop }: Range): string {
  const node = nodeOfRange(tree, start, stop);
  if (node === 0) return "all classes";
  if (node > 0) return nodeName(tree, classes, node);
  const at = (leaf: number) => classes.short[tree.classOfLeaf[leaf]] ?? "";
  return `${at(start)} … ${at(stop - 1)} (${stop - start})`;
}

/** Rows by block, in order. `inside` counts what `shown` counts before the rank filter and the cell filter. */
export function blockRows(
  tree: Tree,
  classes: Classes,
  { cuts }: PartitionAnswer,
  shown: BlockCounts,
  inside: BlockCounts,
  groups: GroupMetrics,
): readonly BlockRow[] {
  return Array.from({ length: shown.nBlocks }, (_, block) => {
    const leaves = { start: cuts[block], stop: cuts[block + 1] };
    const nClasses = leaves.stop - leaves.start;
    const errors = shown.errors[block * shown.nBlocks + block];
    let nTrue = 0;
    for (let leaf = leaves.start; leaf < leaves.stop; leaf++) {
      const node = tree.nodeOfLeaf[leaf];
      nTrue += groups.tp[node] + groups.fn[node];
    }
    const tp = inside.correct[block] + inside.errors[block * inside.nBlocks + block];
    return {
      block,
      leaves,
      name: blockName(tree, classes, leaves),
      nClasses,
      errors,
      mass: errors / shown.nErrors,
      density: errors / (nClasses > 1 ? nClasses * (nClasses - 1) : Number.NaN),
      recall: tp / nTrue,
    };
  });
}

const finite = (value: number, text: (value: number) => string) =>
  Number.isFinite(value) ? text(value) : null;

/** Columns of the table of blocks. */
export const blockColumns: readonly TableColumn<BlockRow>[] = [
  {
    name: "block",
    title: "Group or first and last class; sorted along the order",
    width: "minmax(0, 1fr)",
    text: (row) => row.name,
    hint: (row) => row.name,
    value: (row) => row.name,
  },
  {
    name: "classes",
    title: "Number of classes",
    width: "48px",
    text: (row) => count(row.nClasses),
    value: (row) => row.nClasses,
  },
  {
    name: "errors",
    title: "Errors with the true and the predicted class inside",
    width: "48px",
    text: (row) => count(row.errors),
    value: (row) => row.errors,
  },
  {
    name: "share",
    title: "Share of all errors",
    width: "46px",
    text: (row) => finite(row.mass, rate),
    value: (row) => row.mass,
  },
  {
    name: "a cell",
    title: "Errors inside, per cell off the diagonal",
    width: "44px",
    text: (row) => finite(row.density, measure),
    value: (row) => row.density,
  },
  {
    name: "recall",
    title: "Samples of its classes that are predicted inside it; rank and cell filters left out",
    width: "48px",
    text: (row) => finite(row.recall, rate),
    value: (row) => row.recall,
  },
];

/** Header and rows of the b × b table, for copying: rows true, columns predicted, in samples. */
export function regionTable(
  rows: readonly BlockRow[],
  value: (row: number, col: number) => number,
): { readonly header: readonly string[]; readonly rows: readonly (readonly (string | number)[])[] } {
  return {
    header: ["true \\ predicted", ...rows.map((row) => row.name)],
    rows: rows.map((row) => [row.name, ...rows.map((col) => value(row.block, col.block))]),
  };
}
