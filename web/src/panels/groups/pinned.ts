import type { CellIndex } from "../../core/data";
import { differenceEstimate, type Estimate, f1Estimate, rateEstimate } from "../../core/interval";
import type { Model } from "../../model";
import type { Range } from "../../state/state";
import { MOST_PINS } from "./pins";

/** A pinned group with its numbers; counted like the metrics of groups, rank and cell filters left out. */
export interface Pinned {
  readonly node: number;
  readonly wire: number;
  readonly name: string;
  readonly leaves: Range;
  readonly nClasses: number;
  readonly tp: number;
  readonly fp: number;
  readonly fn: number;
  readonly precision: Estimate;
  readonly recall: Estimate;
  readonly f1: Estimate;
}

/** The pinned groups, in the order they were pinned; an address may name more than fit. */
export function pinnedGroups({ tree, label, groups, state }: Model): readonly Pinned[] {
  return state.pins.slice(0, MOST_PINS).map((wire) => {
    const node = tree.nodeOfWire[wire] as number;
    const [tp, fp, fn] = [groups.tp[node], groups.fp[node], groups.fn[node]] as [number, number, number];
    const leaves = { start: tree.start[node] as number, stop: tree.stop[node] as number };
    return {
      node,
      wire,
      name: node === 0 ? "all classes" : (label[node] ?? ""),
      leaves,
      nClasses: leaves.stop - leaves.start,
      tp,
      fp,
      fn,
      precision: rateEstimate(tp, tp + fp),
      recall: rateEstimate(tp, tp + fn),
      f1: f1Estimate(tp, fp, fn),
    };
  });
}

/** Difference of one metric of two groups; `reason` says why it has no interval. */
export interface Difference {
  readonly name: string;
  readonly estimate: Estimate;
  readonly reason: string;
}

const NONE = { low: Number.NaN, high: Number.NaN };

/** First minus second. Groups that share samples get no interval: Newcombe's is of independent sets. */
export function differences(a: Pinned, b: Pinned): readonly Difference[] {
  const nested = a.leaves.start < b.leaves.stop && b.leaves.start < a.leaves.stop;
  const inside = nested ? "one group holds the other, so they share samples" : "";
  const make = (name: string, estimate: Estimate, reason: string): Difference => ({
    name,
    estimate: reason ? { ...NONE, value: estimate.value } : estimate,
    reason,
  });
  return [
    make("precision", differenceEstimate(a.tp, a.tp + a.fp, b.tp, b.tp + b.fp), inside),
    make("recall", differenceEstimate(a.tp, a.tp + a.fn, b.tp, b.tp + b.fn), inside),
    make(
      "F1",
      { ...NONE, value: a.f1.value - b.f1.value },
      inside || "what one group is taken for the other counts in both",
    ),
  ];
}

/** Samples by true and predicted group, after all filters. Groups that overlap count a sample for each. */
export function confusedWith(
  pinned: readonly Pinned[],
  { tree, filtered, state }: Pick<Model, "tree" | "filtered" | "state">,
  cells: CellIndex,
): readonly (readonly number[])[] {
  const counts = pinned.map(() => pinned.map(() => 0));
  const holds = (group: Pinned, classId: number) => {
    const leaf = tree.leafOfClass[classId] as number;
    return leaf >= group.leaves.start && leaf < group.leaves.stop;
  };
  for (let cell = 0; cell < cells.count.length; cell++) {
    const n = filtered.count[cell] as number;
    if (n === 0 || n < state.filter.minCount) continue;
    pinned.forEach((down, row) => {
      if (!holds(down, cells.true[cell] as number)) return;
      pinned.forEach((across, col) => {
        if (holds(across, cells.pred[cell] as number)) (counts[row] as number[])[col] += n;
      });
    });
  }
  return counts;
}
