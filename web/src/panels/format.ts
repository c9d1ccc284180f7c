const counts = new Intl.NumberFormat("en-US", { maximumFractionDigits: 0 });

/** Whole number with thousands separators. */
export function count(value: number): string {
  return counts.format(value);
}

/** Rate as 87.3 %; undefined is a dash. */
export function rate(value: number): string {
  return Number.isFinite(value) ? `${(100 * value).toFixed(1)} %` : "–";
}

/** Probability with as many digits as a screen needs; unknown is a dash. */
export function probability(value: number): string {
  if (!Number.isFinite(value)) return "–";
  return value > 0 && value < 0.001 ? "< 0.001" : value.toFixed(3);
}

/** Any measured value, to three significant digits. */
export function measure(value: number): string {
  if (value === Number.POSITIVE_INFINITY) return "∞";
  if (!Number.isFinite(value)) return "–";
  const size = Math.abs(value);
  if (size >= 1000) return counts.format(value);
  return size !== 0 && size < 0.001 ? value.toExponential(1) : String(Number(value.toPrecision(3)));
}

/** "1 sample", "2 samples". */
export function counted(value: number, one: string, many = `${one}s`): string {
  return `${count(value)} ${value === 1 ? one : many}`;
}
