import { describe, expect, it } from "vitest";
import {
  bandPath,
  type CourseLine,
  courseLines,
  epochTicks,
  linePath,
  nearestEpoch,
  placeEpoch,
  rateSpan,
  rateTicks,
} from "../../src/panels/groups/course";
import { pageOf } from "./page";

const box = { left: 10, top: 0, width: 100, height: 50 };

function line(...points: [epoch: number, value: number, low: number, high: number][]): CourseLine {
  return {
    wire: 0,
    name: "a",
    points: points.map(([epoch, value, low, high]) => ({ epoch, value, low, high })),
  };
}

const NONE = Number.NaN;

describe("a course", () => {
  it("stands where its epoch is, however many are missing", () => {
    expect([1, 2, 11].map((epoch) => placeEpoch(epoch, [1, 11], box))).toEqual([10, 20, 110]);
    expect(nearestEpoch(63, [1, 2, 11], [1, 11], box)).toBe(1);
    expect(nearestEpoch(66, [1, 2, 11], [1, 11], box)).toBe(2);
    expect(nearestEpoch(-50, [4], [4, 4], box)).toBe(0);
  });

  it("fills the tenths that its intervals need", () => {
    expect(rateSpan([line([1, 0.5, 0.42, 0.58], [2, 0.61, 0.55, 0.7])])).toEqual([0.4, 0.7]);
    expect(rateSpan([line([1, 1, 1, 1])])).toEqual([1, 1.1]);
    expect(rateSpan([line([1, NONE, NONE, NONE])])).toEqual([0, 1]);
    expect(rateTicks([0.4, 0.7])).toEqual([0.4, 0.5, 0.6, 0.7]);
    expect(rateTicks([0, 1])).toEqual([0, 0.25, 0.5, 0.75, 1]);
    expect(rateTicks([0.9, 1])).toEqual([0.9, 0.95, 1]);
  });

  it("writes round epochs, not too many", () => {
    expect(epochTicks(1, 14, 9)).toEqual([2, 4, 6, 8, 10, 12, 14]);
    expect(epochTicks(0, 3, 9)).toEqual([0, 1, 2, 3]);
    expect(epochTicks(7, 7, 9)).toEqual([7]);
    for (const last of [9, 30, 90, 3000]) expect(epochTicks(1, last, 9).length).toBeLessThanOrEqual(9);
  });

  it("breaks where it is undefined", () => {
    const points = line([0, 0.5, 0.4, 0.6], [1, NONE, NONE, NONE], [2, 0, 0, 0.1], [3, 1, 0.9, 1]).points;
    const path = linePath(points, [0, 3], [0, 1], box);
    expect(path).toBe("M10,25M76.7,50L110,0");
    expect(bandPath(points, [0, 3], [0, 1], box)).toBe("M10,20L10,30ZM76.7,45L110,0L110,5L76.7,50Z");
  });
});

it("has a line for each group still there, in the order asked", () => {
  const { model } = pageOf("");
  const values = Float32Array.of(0.25, 0.5, 0.75, 1);
  const estimates = { value: values, low: values.map((x) => x / 2), high: values };
  const networks = pageOf("").manifest.results.filter(({ coordinates }) => !coordinates.layer);
  const results = networks.map((one, at) => ({
    ...one,
    coordinates: { ...one.coordinates, epoch: 5 * at },
  }));
  const course = { recall: estimates, precision: estimates, f1: estimates, nNodes: 2, nResults: 2 };
  const lines = courseLines({ nodes: [0, 99], results, course }, "recall", model);
  expect(lines).toEqual([
    {
      wire: 0,
      name: "all classes",
      points: [
        { epoch: 0, value: 0.25, low: 0.125, high: 0.25 },
        { epoch: 5, value: 0.5, low: 0.25, high: 0.5 },
      ],
    },
  ]);
  const second = courseLines({ nodes: [99, 1], results, course }, "recall", model)[0];
  expect(second?.points.map(({ value }) => value)).toEqual([0.75, 1]);
});
