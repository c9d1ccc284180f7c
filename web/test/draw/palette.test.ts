import { describe, expect, it } from "vitest";
import { cellLut, colourMaps } from "../../src/draw/colourMaps";
import {
  changeRamp,
  cieLightness,
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

const names = Object.keys(colourMaps) as (keyof typeof colourMaps)[];

function simulated(colour: readonly number[], matrix: readonly number[]): readonly [number, number, number] {
  const linear = colour.map((c) =>
    c / 255 <= 0.04045 ? c / 255 / 12.92 : ((c / 255 + 0.055) / 1.055) ** 2.4,
  );
  const [r, g, b] = [0, 3, 6].map((row) => {
    const value = linear.reduce((sum, c, i) => sum + c * matrix[row + i], 0);
    const light = Math.min(1, Math.max(0, value));
    return 255 * (light <= 0.0031308 ? 12.92 * light : 1.055 * light ** (1 / 2.4) - 0.055);
  });
  return [r, g, b];
}

describe.each([false, true])("palettes, dark %s", (dark) => {
  const background = theme(dark).background;

  it.each(names)("leaves zero to the background and tells one sample from it: %s", (name) => {
    const lut = cellLut(name, dark);
    expect(unpack(lut[0])).toEqual([...background]);
    const distance = Math.abs(cieLightness(unpack(lut[1])) - cieLightness(background));
    expect(distance).toBeGreaterThanOrEqual(12);
  });

  it.each([...names.map((name) => [name, colourMaps[name]] as const), ["rates", rateRamp] as const])(
    "changes lightness evenly: %s",
    (_, ramp) => {
      const lightness = Array.from({ length: 33 }, (_, i) => cieLightness(rampColour(ramp, dark, i / 32)));
      const steps = lightness.slice(1).map((value, i) => value - lightness[i]);
      const sign = Math.sign(steps[0]);
      for (const step of steps) expect(step * sign).toBeGreaterThan(0.5);
      expect(Math.abs(lightness[32] - lightness[0])).toBeGreaterThan(50);
    },
  );

  // Viénot, Brettel & Mollon (1999): what remains of a colour without the long or the middle cones, in linear RGB.
  it.each([
    ["protanopia", [0.11238, 0.88762, 0, 0.11238, 0.88762, 0, 0.00401, -0.00401, 1]],
    ["deuteranopia", [0.29275, 0.70725, 0, 0.29275, 0.70725, 0, -0.02234, 0.02234, 1]],
  ] as const)("keeps its order and its steps with %s", (_, matrix) => {
    for (const name of names) {
      const seen = Array.from({ length: 17 }, (_, i) =>
        cieLightness(simulated(rampColour(colourMaps[name], dark, i / 16), matrix)),
      );
      const steps = seen.slice(1).map((value, i) => (value - seen[i]) * (dark ? 1 : -1));
      for (const step of steps) expect(step).toBeGreaterThan(1);
    }
  });

  it.each([
    ["sight", [1, 0, 0, 0, 1, 0, 0, 0, 1]],
    ["protanopia", [0.11238, 0.88762, 0, 0.11238, 0.88762, 0, 0.00401, -0.00401, 1]],
    ["deuteranopia", [0.29275, 0.70725, 0, 0.29275, 0.70725, 0, -0.02234, 0.02234, 1]],
  ] as const)("grows away from no change both ways, red below and blue above, with %s", (_, matrix) => {
    const at = (t: number) => simulated(rampColour(changeRamp, dark, t), matrix);
    expect(Math.abs(cieLightness(at(0.5)) - cieLightness(background))).toBeLessThan(8);
    for (let step = 0; step < 8; step++) {
      const [near, far] = [0.5 - step / 16, 0.5 - (step + 1) / 16];
      for (const side of [near, 1 - near].map((t, i) => [t, i === 0 ? far : 1 - far] as const)) {
        const [from, to] = side.map((t) => cieLightness(at(t))) as [number, number];
        expect((to - from) * (dark ? 1 : -1)).toBeGreaterThan(2);
      }
      const [drop, gain] = [at(far), at(1 - far)];
      expect(drop[0] - drop[2]).toBeGreaterThan(step < 2 ? 2 : 20);
      expect(gain[2] - gain[0]).toBeGreaterThan(step < 2 ? 2 : 20);
    }
  });

  it("keeps texts readable on every shade", () => {
    const luminance = (lightness: number) =>
      lightness > 8 ? ((lightness + 16) / 116) ** 3 : (lightness * 27) / 24389;
    for (const ramp of [...Object.values(colourMaps), rateRamp, changeRamp]) {
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

it.each(names)("is strongest for the largest count by day and brightest by night: %s", (name) => {
  expect(cieLightness(unpack(cellLut(name, false)[255]))).toBeLessThan(25);
  expect(cieLightness(unpack(cellLut(name, true)[255]))).toBeGreaterThan(88);
});

it("mixes halos over the background", () => {
  const lut = cellLut("blue", false);
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
