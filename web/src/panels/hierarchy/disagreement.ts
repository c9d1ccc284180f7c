import type { Classes, Tree } from "../../core/data";
import { nodeName } from "../../label";
import type { Comparison } from "../../source/answers";
import { count, rate } from "../format";
import type { TableColumn } from "../table";

/** A group and the one of another hierarchy that is most similar to it. */
export interface GroupMatch {
  readonly row: number;
  readonly name: string;
  readonly bestName: string;
  readonly nClasses: number;
  readonly jaccard: number;
  /** Share of all errors inside the group. */
  readonly mass: number;
  /** What the other hierarchy does not keep together of the errors for which this is the smallest group. */
  readonly loss: number;
}

/** Inner groups, those first that are kept least by the other hierarchy and matter most. */
export function groupMatches(tree: Tree, classes: Classes, comparison: Comparison): readonly GroupMatch[] {
  const found: GroupMatch[] = [];
  const own = Float64Array.from(comparison.mass);
  for (let row = 1; row < tree.nNodes; row++) own[tree.parent[row]] -= comparison.mass[row];
  for (let row = 1; row < tree.nNodes; row++) {
    if (tree.classId[row] >= 0) continue;
    const jaccard = comparison.jaccard[row];
    const mass = comparison.mass[row];
    found.push({
      row,
      name: nodeName(tree, classes, row),
      bestName: comparison.bestName[row],
      nClasses: tree.stop[row] - tree.start[row],
      jaccard,
      mass,
      loss: (1 - jaccard) * (Number.isFinite(own[row]) ? own[row] : 0),
    });
  }
  return found.sort((a, b) => b.loss - a.loss || a.jaccard - b.jaccard || a.row - b.row);
}

/** Columns of the table of groups; `other` is the name of the other hierarchy. */
export function matchColumns(other: string): readonly TableColumn<GroupMatch>[] {
  return [
    {
      name: "group",
      title: "Group of the hierarchy shown",
      width: "minmax(0, 1.2fr)",
      text: ({ name }) => name,
      hint: ({ name, nClasses }) => `${name}, ${count(nClasses)} classes`,
      value: ({ name }) => name,
    },
    {
      name: "most similar",
      title: `Most similar group of ${other}`,
      width: "minmax(0, 1fr)",
      text: ({ bestName }) => bestName,
      hint: ({ bestName }) => bestName,
      value: ({ bestName }) => bestName,
    },
    {
      name: "Jaccard",
      title: "Classes in both, as a share of the classes in either: 1 is the same group",
      width: "52px",
      text: ({ jaccard }) => (Number.isFinite(jaccard) ? jaccard.toFixed(2) : null),
      value: ({ jaccard }) => jaccard,
    },
    {
      name: "errors",
      title: "Share of all errors that lie inside the group",
      width: "54px",
      text: ({ mass }) => (Number.isFinite(mass) ? rate(mass) : null),
      value: ({ mass }) => mass,
    },
  ];
}
