import { describe, expect, it } from "vitest";
import { axis } from "../../src/layout/frame";
import {
  columnEdges,
  headerShades,
  hitColumn,
  hitResponses,
  neuronsPerPage,
  responseLevel,
  responseScene,
} from "../../src/layout/responses";
import { workedExample } from "../core/fixtures";
import { syntheticResponses } from "../gallery/synthetic";

const { tree } = workedExample();
const block = { ...syntheticResponses(tree, 3, 2), threshold: 1 };

describe("responseScene", () => {
  it("is black at 0, light blue below the threshold, yellow from it, hatched where undefined", () => {
    const value = new Float32Array(4 * 3 * 4).fill(0.5);
    value.set([0, 0.999999, 1, 7, Number.NaN]);
    const { level, minimum } = responseScene({ ...block, value });
    expect(minimum).toBe(0);
    expect([...level.subarray(0, 5)]).toEqual([1, 254, 255, 255, 0]);
    for (let i = 0; i < value.length; i++) expect(level[i]).toBe(responseLevel(value[i], 0, 1));
  });

  it("starts at the smallest value where there are negative ones", () => {
    const value = new Float32Array(4 * 3 * 4);
    value[3] = -2;
    const { level, minimum } = responseScene({ ...block, value });
    expect(minimum).toBe(-2);
    expect(level[3]).toBe(1);
    expect(level[0]).toBe(1 + Math.round((253 * 2) / 3));
  });

  it("is all yellow for a threshold at or below the minimum", () => {
    const value = new Float32Array(4 * 3 * 4);
    expect(responseScene({ ...block, value, threshold: 0 }).level.every((level) => level === 255)).toBe(true);
  });
});

describe("headerShades", () => {
  it("spans 0 to the largest finite score", () => {
    const score = Float32Array.of(2, Number.POSITIVE_INFINITY, Number.NaN, 4);
    const shades = headerShades({ ...block, score, neurons: Int32Array.of(3, 0, 1, 2) }, [2, 4]);
    expect([...shades]).toEqual([1, 0.5, 1, Number.NaN]);
  });
});

describe("columns", () => {
  it("cover the plot", () => {
    expect([...columnEdges(3, 100)]).toEqual([0, 33, 67, 100]);
    expect(hitColumn(3, 100, 99.9)).toBe(2);
    expect(hitColumn(3, 100, 100)).toBe(-1);
    expect(hitColumn(0, 100, 5)).toBe(-1);
    expect(neuronsPerPage(680, 4)).toBe(40);
    expect(neuronsPerPage(680, 1)).toBe(68);
  });

  it("tell class, neuron and position", () => {
    const scene = responseScene(block);
    const rows = axis(0, 4, 80, 4);
    expect(hitResponses(scene, tree, rows, 120, 41, 79)).toEqual({ leaf: 3, column: 1, position: 0 });
    expect(hitResponses(scene, tree, rows, 120, 79.5, 0)).toEqual({ leaf: 0, column: 1, position: 3 });
    expect(hitResponses(scene, tree, rows, 120, 120, 0)).toBeNull();
  });
});
