import { describe, expect, it } from "vitest";
import { placeTip } from "../../src/panels/place";

const tip = { width: 200, height: 100 };
const window = { width: 1000, height: 600 };

function overlaps(at: { left: number; top: number }, box: typeof whole): boolean {
  const isBeside = at.left >= box.right || at.left + tip.width <= box.left;
  return !isBeside && at.top < box.bottom && at.top + tip.height > box.top;
}

const whole = { left: 0, top: 0, right: 1000, bottom: 600 };

describe("a tooltip", () => {
  it("covers neither what is pointed at nor the pointer, and stays in the window", () => {
    for (let x = 5; x < 1000; x += 55) {
      for (let y = 5; y < 600; y += 45) {
        for (const [width, height] of [
          [3, 3],
          [60, 60],
          [20, 560],
          [700, 20],
        ]) {
          const left = Math.min(Math.max(0, x - width / 2), 1000 - width);
          const top = Math.min(Math.max(0, y - height / 2), 600 - height);
          const around = { left, top, right: left + width, bottom: top + height };
          const at = placeTip({ x, y, around }, tip, window);
          expect(overlaps(at, around)).toBe(false);
          expect(overlaps(at, { left: x, right: x, top: y, bottom: y })).toBe(false);
          expect(Math.min(at.left, at.top, 1000 - at.left - 200, 600 - at.top - 100)).toBeGreaterThanOrEqual(
            4,
          );
        }
      }
    }
  });

  it("stands beside the pointer where what is pointed at leaves no room", () => {
    expect(placeTip({ x: 300, y: 200, around: whole }, tip, window)).toEqual({ left: 314, top: 214 });
    expect(placeTip({ x: 900, y: 590 }, tip, window)).toEqual({ left: 686, top: 496 });
  });
});
