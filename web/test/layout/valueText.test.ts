import { expect, it } from "vitest";
import { shortValueText, valueText } from "../../src/layout/valueText";

it("writes counts with separators and rates in per cent", () => {
  expect(valueText("count", 12_345)).toBe("12,345");
  expect(["row", "column", "pair"].map((kind) => valueText(kind as "row", 0.3333))).toEqual(
    Array(3).fill("33.3 %"),
  );
  expect([0, 1, 0.001, 0.00042, 1e-8].map((rate) => valueText("row", rate))).toEqual([
    "0.0 %",
    "100.0 %",
    "0.1 %",
    "0.042 %",
    "1e-6 %",
  ]);
  expect(valueText("row", Number.NaN)).toBe("–");
});

it("is shorter where room is short, and never tells 0 of what is not", () => {
  expect([0.3333, 0.004, 0, 1].map((rate) => shortValueText("row", rate))).toEqual([
    "33 %",
    "< 1 %",
    "0 %",
    "100 %",
  ]);
  expect(shortValueText("count", 12_345)).toBe("12,345");
});
