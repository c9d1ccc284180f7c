import { describe, expect, it } from "vitest";
import { regionEdge, regionLevel, regionLevels } from "../../src/draw/regions";

const picture = (nBlocks: number, side: number, filled: readonly (readonly [number, number, number])[]) => {
  const value = new Float64Array(nBlocks * nBlocks);
  for (const [row, col, n] of filled) value[row * nBlocks + col] = n;
  return { nBlocks, value, maximum: Math.max(...value), side, ratio: 1, names: [], room: 0 };
};

describe("shades of regions", () => {
  it("go by the logarithm from 1 to the maximum; nothing is the background", () => {
    expect([0, 1, 10, 100].map((n) => regionLevel(n, 100))).toEqual([0, 1, 128, 255]);
    expect(regionLevel(1, 1)).toBe(1);
  });
});

describe("regions in pixels", () => {
  it("cover the square without a gap", () => {
    const edges = [0, 1, 2, 3].map((block) => regionEdge(block, { nBlocks: 3, side: 10 }));
    expect(edges).toEqual([0, 3, 7, 10]);
    const levels = regionLevels(picture(3, 10, [[1, 2, 5]]));
    const inside = [...levels].flatMap((level, at) => (level > 0 ? [[Math.floor(at / 10), at % 10]] : []));
    expect(inside.length).toBe(4 * 3);
    expect(inside.every(([y, x]) => y >= 3 && y < 7 && x >= 7)).toBe(true);
  });

  it("lose none where there are more blocks than pixels, and keep the strongest", () => {
    const all = picture(
      9,
      4,
      Array.from({ length: 9 }, (_, at) => [at, at, at + 1] as const),
    );
    const levels = regionLevels(all);
    expect(levels.filter((level) => level > 0).length).toBeGreaterThanOrEqual(4);
    expect(Math.max(...levels)).toBe(255);
    for (let only = 0; only < 9; only++) {
      expect(Math.max(...regionLevels(picture(9, 4, [[only, 8 - only, 7]])))).toBeGreaterThan(0);
    }
  });
});
