import type { PlannedBranch } from "../../branching";
import type { Classes, Tree } from "../../core/data";
import { f1Of, recallOf, recallRatio, type Separability } from "../../core/separability";
import { nodeName } from "../../label";
import { count, rate } from "../format";
import type { TableColumn } from "../table";

/** A group of a branch; rates are NaN where they are undefined or the layer has no probe. */
export interface GroupRow {
  readonly node: number;
  readonly name: string;
  readonly fullName: string;
  readonly nClasses: number;
  readonly recall: number;
  readonly final: number;
  /** `recall` as a share of `final`. */
  readonly ratio: number;
  readonly f1: number;
  /** Name of the first layer that separates the group; null where that is undefined. */
  readonly separates: string | null;
  readonly separatesAt: number;
}

/** The groups of a branch as a probe of its layer and the network itself tell them, in the order of the tree. */
export function groupRows(
  { layer, cut }: PlannedBranch,
  tree: Tree,
  label: readonly string[],
  classes: Classes,
  found: Separability | null,
  separation: Float64Array | null,
): readonly GroupRow[] {
  const row = found?.layers.indexOf(layer) ?? -1;
  const isKnown = found !== null && row >= 0;
  return cut.map((node) => {
    const first = separation?.[node] ?? Number.NaN;
    return {
      node,
      name: label[node] as string,
      fullName: nodeName(tree, classes, node),
      nClasses: tree.stop[node] - tree.start[node],
      recall: isKnown ? recallOf(found, row, node) : Number.NaN,
      final: found ? recallOf(found, found.layers.length, node) : Number.NaN,
      ratio: isKnown ? recallRatio(found, row, node) : Number.NaN,
      f1: isKnown ? f1Of(found, row, node) : Number.NaN,
      separates: Number.isNaN(first) ? null : (found?.layers[first] ?? "output"),
      separatesAt: first,
    };
  });
}

/** Columns of the table of groups; a ratio below `tau` is marked. */
export function groupColumns(layer: string, tau: number): readonly TableColumn<GroupRow>[] {
  const text = (value: number) => (Number.isNaN(value) ? null : rate(value));
  return [
    {
      name: "group",
      title: "A group of this branch",
      width: "minmax(0, 1fr)",
      text: ({ name }) => name,
      hint: ({ fullName, f1 }) => `${fullName}, F1 at ${layer} ${rate(f1)}`,
      value: ({ name }) => name,
    },
    {
      name: "classes",
      title: "Classes of the group",
      width: "46px",
      text: ({ nClasses }) => count(nClasses),
      value: ({ nClasses }) => nClasses,
    },
    {
      name: "here",
      title: `Recall of the group by the probe of ${layer}`,
      width: "66px",
      text: ({ recall }) => text(recall),
      value: ({ recall }) => recall,
      bar: ({ recall }) => recall,
    },
    {
      name: "output",
      title: "Recall of the group by the network itself, on the same samples",
      width: "66px",
      text: ({ final }) => text(final),
      value: ({ final }) => final,
      bar: ({ final }) => final,
    },
    {
      name: "ratio",
      title: `Recall here as a share of the network's own; below τ = ${tau} it is marked`,
      width: "44px",
      text: ({ ratio }) => (Number.isNaN(ratio) ? null : ratio.toFixed(2)),
      value: ({ ratio }) => ratio,
      isMarked: ({ ratio }) => ratio < tau,
    },
    {
      name: "separates",
      title: "First layer with a recall of at least 95 % of the network's own",
      width: "62px",
      text: ({ separates }) => separates,
      hint: ({ separates }) => separates ?? "",
      value: ({ separatesAt }) => separatesAt,
    },
  ];
}
