import { type Estimate, excludesZero } from "../core/interval";
import type { Page } from "../derive";
import { metricName } from "../label";
import { signedPoints } from "../layout/valueText";
import { baselineTitle } from "./baselines";
import { rate } from "./format";

/** Differences with a larger p may be chance. */
export const LEVEL = 0.05;

type Row = [name: string, value: string, extra: string];

/** What a metric of a group was in the baseline, and the difference with its 95 % interval. */
export function changeRows({ model, change, baseline, manifest, shown }: Page, node: number): readonly Row[] {
  if (!change || !baseline) return [];
  const { metric } = model.state.icicle;
  const found = change[metric];
  const value = found.value[node] as number;
  const name = metricName(metric);
  const since = baselineTitle(manifest, shown, baseline);
  if (!Number.isFinite(value)) return [[`change of ${name}`, "–", `undefined here or in ${since}`]];
  const estimate = { value, low: found.low[node] as number, high: found.high[node] as number };
  const p = metric === "recall" ? (change.recallP[node] as number) : Number.NaN;
  const before = (model.groups[metric][node] as number) - value;
  return [
    [`change of ${name}`, `${signedPoints(value)} points`, verdict(estimate, p)],
    [`${name} before`, rate(before), since],
  ];
}

/** "−5.1 … −1.3, p = 0.002", and that the difference may be chance. */
export function verdict(estimate: Estimate, p: number): string {
  const interval = `${signedPoints(estimate.low)} … ${signedPoints(estimate.high)}`;
  const test = Number.isFinite(p) ? `, ${p < 0.001 ? "p < 0.001" : `p = ${p.toFixed(3)}`}` : "";
  const isSignificant = excludesZero(estimate) && !(p >= LEVEL);
  return `${interval}${test}${isSignificant ? "" : ", not significant"}`;
}
