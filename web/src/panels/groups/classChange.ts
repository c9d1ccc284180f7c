import type { Classes, GroupMetrics, Tree } from "../../core/data";
import { type Estimate, excludesZero } from "../../core/interval";
import { signedPoints } from "../../layout/valueText";
import type { Change } from "../../source/answers";
import { LEVEL, verdict } from "../changeTip";
import { count, rate } from "../format";
import type { TableColumn } from "../table";

/** A class in the result set shown and in the baseline; rates are NaN where it has no samples. */
export interface ClassChange {
  readonly node: number;
  readonly name: string;
  readonly fullName: string;
  readonly nSamples: number;
  /** Accuracy of the class: its recall. */
  readonly now: number;
  readonly change: Estimate;
  /** Of the exact McNemar test; NaN where the two sets have other samples. */
  readonly p: number;
  readonly mayBeChance: boolean;
}

/** Every class with the change of its accuracy since the baseline, in the order of the tree. */
export function classChanges(
  tree: Tree,
  classes: Classes,
  { tp, fn, recall }: GroupMetrics,
  found: Change,
): readonly ClassChange[] {
  return Array.from(tree.nodeOfLeaf, (node) => {
    const { value, low, high } = found.recall;
    const change = { value: value[node], low: low[node], high: high[node] };
    const p = found.recallP[node];
    return {
      node,
      name: classes.short[tree.classId[node]] ?? "",
      fullName: classes.name[tree.classId[node]] ?? "",
      nSamples: tp[node] + fn[node],
      now: recall[node],
      change,
      p,
      mayBeChance: Number.isFinite(change.value) && (!excludesZero(change) || p >= LEVEL),
    };
  });
}

/** How many classes have changed beyond chance, and how many would seem so if none had. */
export function changeSummary(rows: readonly ClassChange[]): string {
  const known = rows.filter(({ change }) => Number.isFinite(change.value));
  const sure = known.filter(({ mayBeChance }) => !mayBeChance);
  const better = sure.filter(({ change }) => change.value > 0).length;
  const byChance = Math.round(LEVEL * known.length);
  const words = `${count(better)} of ${count(known.length)} classes better, ${count(sure.length - better)} worse beyond chance`;
  return `${words}; up to ${count(byChance)} would seem so if none had changed`;
}

export const classColumns: readonly TableColumn<ClassChange>[] = [
  {
    name: "class",
    title: "Class; click to select it",
    width: "minmax(0, 1fr)",
    text: ({ name }) => name,
    hint: ({ fullName }) => fullName,
    value: ({ name }) => name,
  },
  {
    name: "n",
    title: "Samples of the class",
    width: "32px",
    text: ({ nSamples }) => count(nSamples),
    value: ({ nSamples }) => nSamples,
  },
  {
    name: "now",
    title: "Share of its samples that are right in the result set shown",
    width: "52px",
    text: ({ now }) => (Number.isNaN(now) ? null : rate(now)),
    hint: ({ now, change }) => `${rate(now - change.value)} in the baseline`,
    value: ({ now }) => now,
  },
  {
    name: "change",
    title: "Percentage points more (+) or less (−) than in the baseline",
    width: "64px",
    text: ({ change }) => (Number.isNaN(change.value) ? null : signedPoints(change.value)),
    hint: ({ now, change }) => `from ${rate(now - change.value)} to ${rate(now)}`,
    value: ({ change }) => change.value,
  },
  {
    name: "95 %",
    title: "95 % interval of the change, in percentage points; sorts by its width",
    width: "94px",
    text: ({ change }) =>
      Number.isFinite(change.low) ? `${signedPoints(change.low)} … ${signedPoints(change.high)}` : null,
    value: ({ change }) => change.high - change.low,
  },
  {
    name: "chance",
    title: `Whether the change may be chance: the interval holds 0, or p ≥ ${LEVEL}`,
    width: "44px",
    text: ({ mayBeChance }) => (mayBeChance ? "maybe" : ""),
    hint: ({ change, p }) => (Number.isFinite(change.low) ? verdict(change, p) : ""),
    value: ({ mayBeChance }) => (mayBeChance ? "maybe" : ""),
  },
];
