import { describe, expect, it } from "vitest";
import {
  axis,
  devicePlot,
  edge,
  leafAt,
  margin,
  panned,
  plotArea,
  squarePlot,
  squareWidth,
  visibleRect,
  zoomed,
} from "../../src/layout/frame";

describe("plots", () => {
  it("give every view the same rows", () => {
    for (const ratio of [1, 1.25, 1.5, 2]) {
      const narrow = devicePlot(plotArea({ width: 281, height: 777 }), ratio);
      const wide = devicePlot(squarePlot({ width: 1013, height: 777 }), ratio);
      expect([narrow.y, narrow.height]).toEqual([wide.y, wide.height]);
    }
  });

  it("make the matrix square where there is room", () => {
    const plot = squarePlot({ width: 1000, height: 700 });
    expect(plot.width).toBe(plot.height);
    expect(squarePlot({ width: 300, height: 700 }).width).toBe(300 - margin.left - margin.right);
    expect(plotArea({ width: squareWidth(700), height: 700 }).width).toBe(plot.height);
  });
});

describe("axis", () => {
  it("meets without gap or overlap and covers the plot", () => {
    const along = axis(3.3, 17.9, 613, 20);
    expect(edge(along, along.first)).toBeLessThanOrEqual(0);
    expect(edge(along, along.last)).toBeGreaterThanOrEqual(613);
    for (let leaf = along.first; leaf < along.last; leaf++) {
      expect(edge(along, leaf + 1)).toBeGreaterThan(edge(along, leaf));
    }
  });

  it("finds the leaf under a pixel", () => {
    const along = axis(2, 6, 400, 20);
    expect(leafAt(along, 0, 20)).toBe(2);
    expect(leafAt(along, 399.9, 20)).toBe(5);
    expect(leafAt(along, 400, 20)).toBe(-1);
    expect(leafAt(along, -0.1, 20)).toBe(-1);
  });
});

describe("zoomed", () => {
  const n = 100;

  it("keeps the anchor where it is", () => {
    const rect = { x0: 10, y0: 20, x1: 60, y1: 70 };
    const next = zoomed(rect, 0.5, { x: 25, y: 45 }, n);
    expect(next).not.toBeNull();
    if (next === null) return;
    expect((25 - next.x0) / (next.x1 - next.x0)).toBeCloseTo((25 - 10) / 50);
    expect((45 - next.y0) / (next.y1 - next.y0)).toBeCloseTo((45 - 20) / 50);
    expect(next.x1 - next.x0).toBeCloseTo(next.y1 - next.y0);
  });

  it("ends at everything and at a few cells", () => {
    const rect = visibleRect(null, n);
    expect(zoomed(rect, 2, { x: 50, y: 50 }, n)).toBeNull();
    const smallest = zoomed(rect, 1e-9, { x: 0, y: 99 }, n);
    expect(smallest).toEqual({ x0: 0, y0: 96.03, x1: 3, y1: 99.03 });
  });

  it("stays inside the matrix", () => {
    expect(panned({ x0: 0, y0: 80, x1: 20, y1: 100 }, -5, 5, n)).toEqual({ x0: 0, y0: 80, x1: 20, y1: 100 });
  });
});
