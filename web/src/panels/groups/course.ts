import type { Courses } from "../../derive";
import type { Model } from "../../model";
import type { GroupMetric } from "../../state/state";

/** Where the chart draws: px from its corner. */
export interface CourseBox {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

/** A metric of one group at one epoch; NaN where it is undefined. */
export interface CoursePoint {
  readonly epoch: number;
  readonly value: number;
  readonly low: number;
  readonly high: number;
}

export interface CourseLine {
  readonly wire: number;
  readonly name: string;
  readonly points: readonly CoursePoint[];
}

type Span = readonly [low: number, high: number];

/** One line for each group, without groups that edits took away. */
export function courseLines(
  { nodes, results, course }: Courses,
  metric: GroupMetric,
  { tree, label }: Pick<Model, "tree" | "label">,
): readonly CourseLine[] {
  const { value, low, high } = course[metric];
  return nodes.flatMap((wire, line) => {
    const node = tree.nodeOfWire[wire] ?? -1;
    if (node < 0) return [];
    const points = results.map(({ coordinates }, at) => {
      const cell = line * course.nResults + at;
      return {
        epoch: coordinates.epoch as number,
        value: value[cell] as number,
        low: low[cell] as number,
        high: high[cell] as number,
      };
    });
    return [{ wire, name: node === 0 ? "all classes" : (label[node] ?? ""), points }];
  });
}

/** The tenths of a rate between which all lines and intervals lie. */
export function rateSpan(lines: readonly CourseLine[]): Span {
  const known = lines.flatMap(({ points }) => points).filter(({ value }) => Number.isFinite(value));
  if (known.length === 0) return [0, 1];
  const low = Math.floor(10 * Math.min(...known.map((point) => point.low)) + 1e-9) / 10;
  const high = Math.ceil(10 * Math.max(...known.map((point) => point.high)) - 1e-9) / 10;
  return high > low ? [low, high] : [low, low + 0.1];
}

/** Round rates to write beside the chart. */
export function rateTicks([low, high]: Span): readonly number[] {
  const step = high - low > 0.65 ? 0.25 : high - low > 0.25 ? 0.1 : 0.05;
  return multiples(low, high, step);
}

/** Round epochs to write below the chart, at most `most`. */
export function epochTicks(first: number, last: number, most: number): readonly number[] {
  const step = [1, 2, 5, 10, 20, 50, 100, 200, 500].find((one) => (last - first) / one < most) ?? 1000;
  return multiples(first, last, step);
}

/** x of an epoch. */
export function placeEpoch(epoch: number, [first, last]: Span, box: CourseBox): number {
  return round(box.left + ((epoch - first) / Math.max(1, last - first)) * box.width);
}

/** y of a rate. */
export function placeRate(rate: number, [low, high]: Span, box: CourseBox): number {
  return round(box.top + ((high - rate) / (high - low)) * box.height);
}

/** Which of the epochs is nearest to a position. */
export function nearestEpoch(x: number, epochs: readonly number[], span: Span, box: CourseBox): number {
  const away = epochs.map((epoch) => Math.abs(placeEpoch(epoch, span, box) - x));
  return away.indexOf(Math.min(...away));
}

/** SVG path of the line; what is undefined breaks it. */
export function linePath(points: readonly CoursePoint[], epochs: Span, rates: Span, box: CourseBox): string {
  return runs(points)
    .map((run) => `M${run.map((one) => at(one.epoch, one.value, epochs, rates, box)).join("L")}`)
    .join("");
}

/** SVG path around the intervals. */
export function bandPath(points: readonly CoursePoint[], epochs: Span, rates: Span, box: CourseBox): string {
  return runs(points)
    .map((run) => {
      const above = run.map((one) => at(one.epoch, one.high, epochs, rates, box));
      const below = run.map((one) => at(one.epoch, one.low, epochs, rates, box)).reverse();
      return `M${[...above, ...below].join("L")}Z`;
    })
    .join("");
}

function at(epoch: number, rate: number, epochs: Span, rates: Span, box: CourseBox): string {
  return `${placeEpoch(epoch, epochs, box)},${placeRate(rate, rates, box)}`;
}

/** Stretches of defined points. */
function runs(points: readonly CoursePoint[]): readonly (readonly CoursePoint[])[] {
  const found: CoursePoint[][] = [];
  let isOpen = false;
  for (const point of points) {
    const isKnown = Number.isFinite(point.value);
    if (isKnown && isOpen) found.at(-1)?.push(point);
    else if (isKnown) found.push([point]);
    isOpen = isKnown;
  }
  return found;
}

function multiples(low: number, high: number, step: number): readonly number[] {
  const first = Math.ceil(low / step - 1e-9);
  const n = Math.floor(high / step + 1e-9) - first + 1;
  return Array.from({ length: Math.max(0, n) }, (_, i) => Number(((first + i) * step).toFixed(6)));
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
