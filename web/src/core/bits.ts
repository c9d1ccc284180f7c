/** One bit for each row, 32 to a word, the first row in the lowest bit; bits beyond the last row are 0. */
export type Bits = Uint32Array;

/** Bits for so many rows, none set; one word more than needed, so that the end of the last row has one too. */
export function makeBits(nRows: number): Bits {
  return new Uint32Array((nRows >>> 5) + 1);
}

/** Whether the bit of a row is set; no bits at all stand for every row. */
export function hasBit(bits: Bits | null, row: number): boolean {
  return bits === null || ((bits[row >>> 5] >>> (row & 31)) & 1) === 1;
}

/** Set the bits of rows `start` up to, not including, `stop`. */
export function setBits(bits: Bits, start: number, stop: number): void {
  if (start >= stop) return;
  const first = start >>> 5;
  const last = stop >>> 5;
  const from = ~0 << (start & 31);
  const upTo = (1 << (stop & 31)) - 1;
  if (first === last) {
    bits[first] |= from & upTo;
    return;
  }
  bits[first] |= from;
  bits.fill(~0 >>> 0, first + 1, last);
  bits[last] |= upTo;
}

/** How many bits of a word are set. */
export function countWord(word: number): number {
  const pairs = word - ((word >>> 1) & 0x55555555);
  const fours = (pairs & 0x33333333) + ((pairs >>> 2) & 0x33333333);
  return Math.imul((fours + (fours >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
}

/** How many bits are set before each word; one entry more than words. */
export function countBefore(bits: Bits): Int32Array {
  const before = new Int32Array(bits.length + 1);
  for (let word = 0; word < bits.length; word++) before[word + 1] = before[word] + countWord(bits[word]);
  return before;
}

/** Rows that have their bit set in all of some bits, which are equally long; at least one. */
export function inAll(all: readonly Bits[]): Bits {
  const both = (all[0] as Bits).slice();
  for (const bits of all.slice(1)) for (let word = 0; word < both.length; word++) both[word] &= bits[word];
  return both;
}
