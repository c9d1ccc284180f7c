import type { Estimate } from "../../core/interval";
import { count, measure, rate } from "../format";

export { signedPoints as points } from "../../layout/valueText";

/** A number of the summary, which came as float32, in its unit; null where it is undefined. */
export function inUnit(float32: number, unit: string): string | null {
  if (!Number.isFinite(float32)) return null;
  const value = Number(float32.toPrecision(7));
  if (unit === "share") return rate(value);
  return unit === "samples" ? count(value) : measure(value);
}

/** The ends of an interval, of shares in per cent, or "" where there is none. */
export function ends({ low, high }: Pick<Estimate, "low" | "high">, unit = "share"): string {
  if (!Number.isFinite(low)) return "";
  const [from, to] = [low, high].map((end) =>
    unit === "share" ? (100 * end).toFixed(1) : inUnit(end, unit),
  );
  return `${from} – ${to}`;
}
