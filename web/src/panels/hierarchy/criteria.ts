import type { Criteria, Refinement } from "../../source/answers";
import { measure } from "../format";

/** One criterion of an order: now, and after a proposal where there is one. */
export interface CriterionRow {
  readonly name: string;
  readonly text: string;
  readonly before: number;
  readonly after: number | null;
  /** 1 better, −1 worse, 0 the same; null where neither direction is better. */
  readonly gain: -1 | 0 | 1 | null;
}

const SHARES = ["in-block mass", "above chance", "band mass", "Dasgupta cost"];

const SIGNS: { readonly [better: string]: number } = { higher: 1, lower: -1 };

/** Rows for the whole tree, or for the block of a proposal. */
export function criterionRows(
  criteria: Criteria | null,
  refinement: Refinement | null,
): readonly CriterionRow[] {
  const index = new Map(criteria?.name.map((name, at) => [name, at]));
  const text = (name: string) => criteria?.text[index.get(name) ?? -1] ?? "";
  if (refinement) {
    return Object.entries(refinement.criteria).map(([name, [before, after]]) => {
      const sign = SIGNS[criteria?.better[index.get(name) ?? -1] ?? ""];
      if (sign === undefined) return { name, text: text(name), before, after, gain: null };
      const change = sign * (after - before);
      return { name, text: text(name), before, after, gain: change > 0 ? 1 : change < 0 ? -1 : 0 };
    });
  }
  return (criteria?.name ?? []).map((name, at) => ({
    name,
    text: text(name),
    before: criteria?.value[at] ?? Number.NaN,
    after: null,
    gain: 0,
  }));
}

/** A criterion with its unit: shares as per cent. */
export function criterionText(name: string, value: number): string {
  if (!Number.isFinite(value)) return "–";
  return SHARES.includes(name) ? `${(100 * value).toFixed(1)} %` : measure(value);
}
