import { expect, it } from "vitest";
import { beginning, TextFitter } from "../../src/draw/text";

/** Every letter is 6 px wide, however many units it has; remembers how long the texts were. */
function context() {
  const lengths: number[] = [];
  const measureText = (text: string) => {
    lengths.push(text.length);
    return { width: 6 * [...text].length };
  };
  return { lengths, context: { font: "12px", measureText } as unknown as CanvasRenderingContext2D };
}

it("keeps what fits and shortens the rest", () => {
  const { context: canvas } = context();
  const texts = new TextFitter();
  expect(texts.fit(canvas, "goldfish", 48)).toBe("goldfish");
  expect(texts.fit(canvas, "goldfish", 47)).toBe("goldfi…");
  expect(texts.fit(canvas, "gold fish", 36)).toBe("gold…");
  expect(texts.fit(canvas, "goldfish", 23)).toBe("");
});

it("measures only the beginning of a name of ten thousand letters", () => {
  const { context: canvas, lengths } = context();
  const shown = new TextFitter().fit(canvas, "x".repeat(10_000), 100_000);
  expect(shown).toBe(`${"x".repeat(256)}…`);
  expect(Math.max(...lengths)).toBe(257);
});

it("cuts no letter in two", () => {
  const { context: canvas } = context();
  const name = "🌱".repeat(10_000);
  for (let width = 24; width < 120; width++) {
    const shown = new TextFitter().fit(canvas, name, width);
    expect(() => encodeURIComponent(shown), shown).not.toThrow();
    expect([...shown].length * 6).toBeLessThanOrEqual(width);
  }
  expect(beginning("a🌱b", 2)).toBe("a");
  expect(beginning("a🌱b", 3)).toBe("a🌱");
  expect(beginning("ab", 2)).toBe("ab");
});
