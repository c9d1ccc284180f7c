import { expect, it } from "vitest";
import { cellHistogram, histogram, rankHistogram } from "../../src/core/histogram";

it("closes the last bin and leaves NaN out", () => {
  const counts = histogram(Float32Array.of(0, 0.24, 0.25, 1, 0.99, Number.NaN), 4);
  expect([...counts]).toEqual([2, 1, 0, 2]);
});

it("gathers ranks and cell values beyond the last bin", () => {
  expect([...rankHistogram(Int16Array.of(0, 0, 1, 7, -1), 3)]).toEqual([2, 1, 1]);
  expect([...cellHistogram(Int32Array.of(0, 1, 1, 9), 3)]).toEqual([2, 0, 1]);
});
