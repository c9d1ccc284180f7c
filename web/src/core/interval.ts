import { wilson } from "./metrics";

/** A number with its 95 % interval; all NaN where it is undefined. */
export interface Estimate {
  readonly value: number;
  readonly low: number;
  readonly high: number;
}

/** The rate k / n with its Wilson interval. */
export function rateEstimate(k: number, n: number): Estimate {
  const [low, high] = wilson(k, n);
  return { value: k / n, low, high };
}

/** F1 with an interval: it rises with TP / (TP + FP + FN), the share whose Wilson interval is carried over. */
export function f1Estimate(tp: number, fp: number, fn: number): Estimate {
  const { value, low, high } = rateEstimate(tp, tp + fp + fn);
  return { value: f1OfShare(value), low: f1OfShare(low), high: f1OfShare(high) };
}

/**
 * Difference of the rates k1 / n1 and k2 / n2 of two independent sets, with Newcombe's hybrid score interval
 * (Statistics in Medicine 17, 1998, method 10).
 */
export function differenceEstimate(k1: number, n1: number, k2: number, n2: number): Estimate {
  const a = rateEstimate(k1, n1);
  const b = rateEstimate(k2, n2);
  const value = a.value - b.value;
  return {
    value,
    low: value - Math.hypot(a.value - a.low, b.high - b.value),
    high: value + Math.hypot(a.high - a.value, b.value - b.low),
  };
}

/** Whether zero lies outside the interval; false where it is undefined. */
export function excludesZero({ low, high }: Estimate): boolean {
  return low > 0 || high < 0;
}

function f1OfShare(share: number): number {
  return (2 * share) / (1 + share);
}
