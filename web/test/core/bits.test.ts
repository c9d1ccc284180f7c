import { describe, expect, it } from "vitest";
import { countBefore, countWord, hasBit, inAll, makeBits, setBits } from "../../src/core/bits";
import { randomNumbers } from "../gallery/synthetic";

describe("setBits", () => {
  it.each([
    [0, 0],
    [0, 1],
    [5, 5],
    [3, 31],
    [0, 32],
    [31, 33],
    [32, 64],
    [10, 100],
    [96, 97],
    [0, 97],
  ])("sets rows %i to %i and no other", (start, stop) => {
    const bits = makeBits(97);
    setBits(bits, start, stop);
    for (let row = 0; row < 97; row++) expect(hasBit(bits, row)).toBe(row >= start && row < stop);
  });
});

it("counts the bits of a word", () => {
  const random = randomNumbers(5);
  for (const word of [
    0,
    1,
    0x80000000,
    0xffffffff,
    ...Array.from({ length: 50 }, () => random() * 2 ** 32),
  ]) {
    const whole = Math.floor(word);
    expect(countWord(whole)).toBe(whole.toString(2).replaceAll("0", "").length);
  }
});

it("counts before every word", () => {
  const bits = Uint32Array.of(0b111, 0, 0xffffffff, 0b1);
  expect([...countBefore(bits)]).toEqual([0, 3, 3, 35, 36]);
});

it("intersects, and leaves what it was given alone", () => {
  const [a, b] = [Uint32Array.of(0b1100), Uint32Array.of(0b1010)];
  expect([...inAll([a, b])]).toEqual([0b1000]);
  expect([...inAll([a])]).toEqual([0b1100]);
  expect([...a]).toEqual([0b1100]);
});

it("takes no bits for all rows", () => {
  expect(hasBit(null, 7)).toBe(true);
});
