import { expect, it } from "vitest";
import { sampleResponses } from "../../src/draw/responseRaster";
import { axis } from "../../src/layout/frame";
import type { ResponseScene } from "../../src/layout/responses";
import { workedExample } from "../core/fixtures";

const { tree } = workedExample();
const identity = Uint32Array.from({ length: 256 }, (_, level) => level);

function scene(nColumns: number, nPositions: number, level: number[]): ResponseScene {
  return { nColumns, nPositions, level: Uint8Array.from(level), minimum: 0 };
}

function sample(shown: ResponseScene, width: number, height: number, start = 0, stop = 4): number[][] {
  const out = new Uint32Array(width * height);
  sampleResponses(out, width, height, shown, tree, axis(start, stop, height, 4), identity, 1);
  return Array.from({ length: height }, (_, y) => [...out.subarray(y * width, (y + 1) * width)]);
}

const fourClasses = scene(1, 2, [11, 12, 21, 22, 31, 32, 41, 42]);

it("draws one line per position and one row per class", () => {
  expect(sample(fourClasses, 4, 4)).toEqual([
    [11, 11, 12, 12],
    [21, 21, 22, 22],
    [31, 31, 32, 32],
    [41, 41, 42, 42],
  ]);
});

it("keeps the strongest where lines or classes share a pixel", () => {
  expect(sample(fourClasses, 1, 2)).toEqual([[22], [42]]);
});

it("shows the rows of the viewport", () => {
  expect(sample(fourClasses, 2, 4, 1, 3)).toEqual([
    [21, 22],
    [21, 22],
    [31, 32],
    [31, 32],
  ]);
});

it("parts wide columns by a line", () => {
  const [line] = sample(scene(2, 1, [5, 6, 5, 6, 5, 6, 5, 6]), 16, 4);
  expect(line).toEqual([5, 5, 5, 5, 5, 5, 5, 0, 6, 6, 6, 6, 6, 6, 6, 0]);
});
