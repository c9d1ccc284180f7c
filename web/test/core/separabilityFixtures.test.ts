import { expect, it } from "vitest";
import coreFixtures from "../../../tests/wire/core_fixtures.json?raw";
import { f1Of, precisionOf, recallOf, separationRows } from "../../src/core/separability";

interface LayerCase {
  readonly name: string;
  readonly layers: readonly string[];
  readonly tp: readonly number[];
  readonly support: readonly number[];
  readonly predicted: readonly number[];
  readonly separation: readonly number[];
  readonly recall?: readonly (number | null)[];
  readonly precision?: readonly (number | null)[];
  readonly f1?: readonly (number | null)[];
}

const cases: readonly LayerCase[] = JSON.parse(coreFixtures).separability;

it.each(cases)("layers separate what Python's core says: $name", (given) => {
  const nRows = given.layers.length + 1;
  const nNodes = given.tp.length / nRows;
  const found = {
    layers: given.layers,
    nNodes,
    nSamples: given.support[0],
    tp: Int32Array.from(given.tp),
    support: Int32Array.from(given.support),
    predicted: Int32Array.from(given.predicted),
  };
  const rows = [...separationRows(found)].map((row) => (Number.isNaN(row) ? -1 : row));
  expect(rows).toEqual(given.separation);
  for (const [metric, of] of [
    ["recall", recallOf],
    ["precision", precisionOf],
    ["f1", f1Of],
  ] as const) {
    given[metric]?.forEach((expected, at) => {
      const value = of(found, Math.floor(at / nNodes), at % nNodes);
      if (expected === null) expect(value).toBeNaN();
      else expect(value).toBeCloseTo(expected, 12);
    });
  }
});
