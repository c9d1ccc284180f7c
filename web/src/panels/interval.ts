import { wilson } from "../core/metrics";
import { count } from "./format";

/** "81.2 – 85.0, 204 of 245": the 95 % interval (Wilson) of a share, in per cent. */
export function interval(k: number, n: number): string {
  if (n === 0) return "no samples";
  const [low, high] = wilson(k, n);
  return `${(100 * low).toFixed(1)} – ${(100 * high).toFixed(1)}, ${count(k)} of ${count(n)}`;
}
