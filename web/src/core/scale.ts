import type { Encoding } from "../state/state";
import { isMapped, type Mapped } from "./values";

/** Values to positions on the colour scale in [0, 1], and back. */
export interface Scale {
  readonly kind: Encoding["scale"];
  /** The values at the two ends. */
  readonly least: number;
  readonly largest: number;
  position(value: number): number;
  valueAt(position: number): number;
  /** The different values of a rank scale, ascending, and their positions; null for others. */
  readonly steps: { readonly values: Float64Array; readonly positions: Float64Array } | null;
}

/**
 * The colour scale of METHODS §7.1, for rates with the smallest positive one in place of 1. `rank` goes by the number of
 * mapped cells that are smaller: equal values share the lowest of their ranks, and the largest value is at 1. Frozen ends
 * replace those of the data, but not those of ranks, which have none.
 */
export function makeScale(
  mapped: Mapped,
  kind: Encoding["scale"],
  diagonal: boolean,
  frozenMin: number | null,
  frozenMax: number | null,
): Scale {
  if (kind === "rank") return rankScale(mapped, diagonal);
  const largest = frozenMax ?? mapped.largest;
  const least = mapped.kind === "count" ? 1 : Math.min(frozenMin ?? mapped.least, largest) || largest;
  const isFlat = largest <= least;
  const reach = kind === "log" ? Math.log(largest / least) : largest - least;
  return {
    kind,
    least,
    largest,
    steps: null,
    position(value) {
      if (isFlat) return value > largest ? 1 : 0;
      const t = (kind === "log" ? Math.log(value / least) : value - least) / reach;
      return Math.min(1, Math.max(0, t));
    },
    valueAt(position) {
      if (isFlat) return largest;
      return kind === "log" ? least * Math.exp(position * reach) : least + position * reach;
    },
  };
}

function rankScale(mapped: Mapped, diagonal: boolean): Scale {
  const { values, smaller } =
    mapped.kind === "count" ? ranksOfCounts(mapped, diagonal) : ranksOfRates(mapped, diagonal);
  const last = values.length - 1;
  const reach = smaller[last] || 1;
  const positions = smaller.map((n) => n / reach);
  const least = values[0] ?? 1;
  const largest = values[last] ?? 1;
  return {
    kind: "rank",
    least,
    largest,
    steps: { values, positions },
    position(value) {
      const at = lastAtMost(values, value);
      return at < 0 ? 0 : (positions[at] as number);
    },
    valueAt(position) {
      const at = lastAtMost(smaller, position * reach + 1e-6);
      return values[at] ?? largest;
    },
  };
}

interface Ranks {
  /** Different values, ascending, and how many mapped cells are smaller than each. */
  readonly values: Float64Array;
  readonly smaller: Float64Array;
}

function ranksOfCounts(mapped: Mapped, diagonal: boolean): Ranks {
  const counts = mapped.value as Int32Array;
  const few = new Uint32Array(4096);
  const many: number[] = [];
  for (let at = 0; at < counts.length; at++) {
    if (!isMapped(mapped, at, diagonal)) continue;
    if (counts[at] < few.length) few[counts[at]]++;
    else many.push(counts[at]);
  }
  const sorted: number[] = [];
  const tally: number[] = [];
  few.forEach((n, value) => {
    if (n === 0) return;
    sorted.push(value);
    tally.push(n);
  });
  const rest = tallied(Float64Array.from(many).sort());
  return ranked([...sorted, ...rest.values], [...tally, ...rest.tally]);
}

function ranksOfRates(mapped: Mapped, diagonal: boolean): Ranks {
  const { value } = mapped;
  const kept = new Float64Array(value.length);
  let n = 0;
  for (let at = 0; at < value.length; at++) if (isMapped(mapped, at, diagonal)) kept[n++] = value[at];
  const { values, tally } = tallied(kept.subarray(0, n).sort());
  return ranked(values, tally);
}

function tallied(sorted: Float64Array): { values: number[]; tally: number[] } {
  const values: number[] = [];
  const tally: number[] = [];
  for (let at = 0; at < sorted.length; at++) {
    if (at > 0 && sorted[at] === sorted[at - 1]) tally[tally.length - 1]++;
    else {
      values.push(sorted[at]);
      tally.push(1);
    }
  }
  return { values, tally };
}

function ranked(values: readonly number[], tally: readonly number[]): Ranks {
  const smaller = new Float64Array(values.length);
  for (let at = 1; at < smaller.length; at++) smaller[at] = smaller[at - 1] + tally[at - 1];
  return { values: Float64Array.from(values), smaller };
}

function lastAtMost(ascending: Float64Array, value: number): number {
  let low = 0;
  let high = ascending.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (ascending[middle] <= value) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}
