import { describe, expect, it } from "vitest";
import { plotArea } from "../../src/layout/frame";
import { widthsIn } from "../../src/panels/sizes";

const bars = 40 + 25 + 33 + 78 + 27;

describe("widths", () => {
  it.each([
    [1280, 800],
    [1440, 900],
    [1920, 1080],
    [2560, 1440],
  ])("leave no blank strip beside the square matrix in %i × %i", (width, height) => {
    const { left, right } = widthsIn(width, height, null);
    const plot = plotArea({ width: width - left - right, height: height - bars });
    expect(plot.width).toBe(plot.height);
    expect(right).toBeGreaterThanOrEqual(left);
  });

  it("keep the controls of the middle whole in low and in narrow windows", () => {
    for (const [width, height] of [
      [1280, 500],
      [1300, 1400],
    ] as const) {
      const { left, right } = widthsIn(width, height, null);
      expect(width - left - right).toBeGreaterThanOrEqual(470);
    }
    expect(900 - widthsIn(900, 800, null).left).toBeGreaterThanOrEqual(470);
  });

  it("give the hierarchy the rest where the samples fold", () => {
    const { left } = widthsIn(1100, 800, null);
    const plot = plotArea({ width: 1100 - left, height: 800 - bars });
    expect(plot.width - plot.height).toBeLessThan(60);
  });

  it("stay as they were set by hand, as far as they fit", () => {
    expect(widthsIn(1920, 1080, { left: 333, right: 444 })).toEqual({ left: 333, right: 444 });
    expect(widthsIn(1280, 800, { left: 333, right: 1000 })).toEqual({ left: 333, right: 477 });
  });
});
