import { expect, it } from "vitest";
import { axis } from "../../src/layout/frame";
import { emptyLeaves, emptyPixels } from "../../src/layout/undefined";
import { randomNumbers } from "../gallery/synthetic";

const classOfLeaf = Int32Array.of(3, 1, 0, 2);

it("covers the classes without samples, neighbours together", () => {
  const empty = Uint8Array.of(1, 1, 0, 0);
  expect(emptyPixels(axis(0, 4, 40, 4), empty, classOfLeaf)).toEqual([[10, 30]]);
  expect(emptyLeaves(axis(0, 4, 40, 4), empty, classOfLeaf)).toEqual([[1, 3]]);
  expect(emptyPixels(axis(1.5, 3.5, 40, 4), empty, classOfLeaf)).toEqual([[0, 30]]);
  expect(emptyPixels(axis(0, 4, 40, 4), new Uint8Array(4), classOfLeaf)).toEqual([]);
});

it("leaves a pixel free as soon as one of its classes has samples", () => {
  const random = randomNumbers(5);
  const n = 500;
  const identity = Int32Array.from({ length: n }, (_, c) => c);
  const empty = Uint8Array.from({ length: n }, () => Number(random() < 0.9));
  const along = axis(0, n, 60, n);
  const isEmpty = new Uint8Array(60);
  for (const [start, stop] of emptyPixels(along, empty, identity)) isEmpty.fill(1, start, stop);
  const expected = new Uint8Array(60).fill(1);
  empty.forEach((one, leaf) => {
    if (one === 0) expected[Math.floor((leaf * 60) / n)] = 0;
  });
  expect([...isEmpty]).toEqual([...expected]);
  expect(expected.includes(1)).toBe(true);
});
