import type { CellValue } from "../state/state";

const counts = new Intl.NumberFormat("en-US");

/** A value of a cell in its unit: "1,204" samples or "33.3 %", small rates to two digits. */
export function valueText(kind: CellValue, value: number): string {
  if (Number.isNaN(value)) return "–";
  return kind === "count" ? counts.format(value) : percentText(value);
}

/** A value of a cell as short as it can be told: rates without decimals. */
export function shortValueText(kind: CellValue, value: number): string {
  if (kind === "count" || Number.isNaN(value)) return valueText(kind, value);
  const percent = 100 * value;
  return percent > 0 && percent < 0.5 ? "< 1 %" : `${Math.round(percent)} %`;
}

/** A difference of rates in percentage points, with its sign. */
export function signedPoints(value: number): string {
  const text = Math.abs(100 * value).toFixed(1);
  return `${text === "0.0" ? "±" : value < 0 ? "−" : "+"}${text}`;
}

function percentText(rate: number): string {
  const percent = 100 * rate;
  if (percent === 0 || percent >= 0.095) return `${percent.toFixed(1)} %`;
  return percent < 1e-4 ? `${percent.toExponential(0)} %` : `${Number(percent.toPrecision(2))} %`;
}
