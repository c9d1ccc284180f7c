import { describe, expect, it } from "vitest";
import {
  cieLightness,
  countLut,
  countRamp,
  haloLut,
  rampColour,
  rateRamp,
  responseAbove,
  responseCss,
  responseLut,
  textOn,
  theme,
  unpack,
} from "../../src/draw/palette";

describe.each([false, true])("palettes, dark %s", (dark) => {
  const background = theme(dark).background;

  it("leaves zero to the background and tells one sample from it", () => {
    const lut = countLut(dark);
    expect(unpack(lut[0])).toEqual([...background]);
    const distance = Math.abs(cieLightness(unpack(lut[1])) - cieLightness(background));
    expect(distance).toBeGreaterThanOrEqual(12);
  });

  it.each([
    ["counts", countRamp],
    ["rates", rateRamp],
  ])("changes lightness evenly: %s", (_, ramp) => {
    const lightness = Array.from({ length: 33 }, (_, i) => cieLightness(rampColour(ramp, dark, i / 32)));
    const steps = lightness.slice(1).map((value, i) => value - lightness[i]);
    const sign = Math.sign(steps[0]);
    for (const step of steps) expect(step * sign).toBeGreaterThan(0.5);
    expect(Math.abs(lightness[32] - lightness[0])).toBeGreaterThan(50);
  });

  it("keeps texts readable on every shade", () => {
    const luminance = (lightness: number) =>
      lightness > 8 ? ((lightness + 16) / 116) ** 3 : (lightness * 27) / 24389;
    for (const ramp of [countRamp, rateRamp]) {
      for (let i = 0; i <= 64; i++) {
        const colour = rampColour(ramp, dark, i / 64);
        const [low, high] = [colour, textOn(colour)]
          .map((c) => luminance(cieLightness(c)) + 0.05)
          .sort((a, b) => a - b);
        expect(high / low).toBeGreaterThan(4.3);
      }
    }
  });
});

it("is strongest for the largest count by day and brightest by night", () => {
  expect(cieLightness(unpack(countLut(false)[255]))).toBeLessThan(25);
  expect(cieLightness(unpack(countLut(true)[255]))).toBeGreaterThan(90);
});

it("mixes halos over the background", () => {
  const lut = countLut(false);
  const halo = haloLut(lut);
  expect(halo[0]).toBe(lut[0]);
  const [colour, mixed] = [unpack(lut[200]), unpack(halo[200])];
  for (let c = 0; c < 3; c++) expect(mixed[c]).toBe(Math.round(0.7 * 255 + 0.3 * colour[c]));
});

it("goes from black to light blue, then yellow", () => {
  const lut = responseLut();
  expect(unpack(lut[1])).toEqual([0, 0, 0]);
  const [r, g, b] = unpack(lut[254]);
  expect(b).toBeGreaterThan(220);
  expect(r).toBeLessThan(g);
  expect(unpack(lut[255])).toEqual([...responseAbove]);
  expect(responseCss(0.5)).toContain("50.00%, rgb(255 221 51) 100%");
});
