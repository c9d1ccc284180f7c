import type { Rows } from "../../core/data";
import type { SampleState } from "../../state/state";

/** A list of more rows is cut: no browser scrolls further, and nobody looks further. */
export const MOST_LISTED = 200_000;

const BINS = 65_536;
/** Above every probability; keys of the unknown. */
const LAST = 0x40000000;

/**
 * Sort rows for the grid; unknown probabilities last, ties by sample. Only the first `most` are given back. Probabilities
 * are compared as integers: the bits of floats that are not negative have their order.
 */
export function sortRows(
  samples: Rows,
  rows: Uint32Array,
  sort: SampleState["sort"],
  descending: boolean,
  most = MOST_LISTED,
): Uint32Array {
  const keyOf = keysOf(samples, sort, descending);
  const first = rows.length > most ? smallest(rows, keyOf, samples.sample, most) : rows;
  return sorted(first, keyOf, samples.sample).subarray(0, most);
}

type KeyOf = (row: number) => number;

/** A key in [0, 2^31) for every row, the smaller the earlier. */
function keysOf(samples: Rows, sort: SampleState["sort"], descending: boolean): KeyOf {
  if (sort === "sample") {
    const { sample } = samples;
    return descending ? (row) => 0x7fffffff - sample[row] : (row) => sample[row];
  }
  const value = sort === "p_pred" ? samples.pPred : samples.pTrue;
  const bits = new Int32Array(value.buffer, value.byteOffset, value.length);
  return descending
    ? (row) => (value[row] >= 0 ? LAST - 1 - bits[row] : LAST)
    : (row) => (value[row] >= 0 ? bits[row] : LAST);
}

/**
 * The `most` first rows by key, then sample, and at most as many more; not sorted. Digit by digit, it leaves out all
 * that lies in later bins, so that a million equal values cost no more than different ones.
 */
function smallest(rows: Uint32Array, keyOf: KeyOf, sample: Int32Array, most: number): Uint32Array {
  const digits: readonly (readonly [key: KeyOf, shift: number])[] = [
    [keyOf, 15],
    [keyOf, 0],
    [(row) => sample[row], 15],
    [(row) => sample[row], 0],
  ];
  const kept = new Uint32Array(2 * most);
  let nKept = 0;
  let open = rows;
  for (const [key, shift] of digits) {
    if (nKept + open.length <= kept.length) break;
    const bins = new Uint16Array(open.length);
    for (let at = 0; at < open.length; at++)
      bins[at] = shift === 0 ? key(open[at]) & 0x7fff : key(open[at]) >>> shift;
    const inBin = new Int32Array(BINS);
    for (let at = 0; at < bins.length; at++) inBin[bins[at]]++;
    let last = 0;
    for (let before = nKept; before + inBin[last] < most; last++) before += inBin[last];
    const next = new Uint32Array(inBin[last]);
    let nNext = 0;
    for (let at = 0; at < bins.length; at++) {
      if (bins[at] > last) continue;
      if (bins[at] < last) kept[nKept++] = open[at];
      else next[nNext++] = open[at];
    }
    open = next;
  }
  kept.set(open, nKept);
  return kept.subarray(0, nKept + open.length);
}

/** By key, then by sample. */
function sorted(rows: Uint32Array, keyOf: KeyOf, sample: Int32Array): Uint32Array {
  const placed = byKey(rows, keyOf);
  for (let at = 0; at < placed.length; ) {
    const key = keyOf(placed[at]);
    const start = at;
    while (at < placed.length && keyOf(placed[at]) === key) at++;
    if (at - start > 1) {
      placed.set(
        byKey(placed.slice(start, at), (row) => sample[row]),
        start,
      );
    }
  }
  return placed;
}

/** By key, then by place: together they are whole numbers below 2^53, which sort without a function that compares. */
function byKey(rows: Uint32Array, keyOf: KeyOf): Uint32Array {
  const width = 2 ** Math.ceil(Math.log2(rows.length + 1));
  const packed = new Float64Array(rows.length);
  for (let at = 0; at < rows.length; at++) packed[at] = keyOf(rows[at]) * width + at;
  packed.sort();
  return Uint32Array.from(packed, (one) => rows[one % width]);
}
