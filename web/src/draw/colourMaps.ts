import type { ColourMap } from "../state/state";
import { countRamp, type Lut, pack, type Ramp, rampColour, theme } from "./palette";

// Viridis (Smith & van der Walt, 2015) and cividis (Nuñez, Anderton & Renslow, 2018), sampled in OKLCH. By day they run
// from their light end and leave out what is too close to white, by night from their dark end without what is too close
// to the background.
const viridis: Ramp = {
  light: [
    [0.862, 0.193, 117],
    [0.785, 0.186, 136],
    [0.71, 0.154, 154],
    [0.64, 0.115, 174],
    [0.57, 0.087, 203],
    [0.503, 0.083, 238],
    [0.435, 0.104, 272],
    [0.365, 0.13, 297],
    [0.285, 0.136, 318],
  ],
  dark: [
    [0.375, 0.127, 294],
    [0.442, 0.101, 269],
    [0.503, 0.083, 238],
    [0.568, 0.087, 204],
    [0.633, 0.111, 177],
    [0.7, 0.148, 156],
    [0.77, 0.182, 139],
    [0.843, 0.194, 122],
    [0.918, 0.186, 102],
  ],
};

const cividis: Ramp = {
  light: [
    [0.863, 0.152, 100],
    [0.784, 0.108, 98],
    [0.705, 0.064, 96],
    [0.632, 0.026, 95],
    [0.558, 0.002, 262],
    [0.487, 0.024, 270],
    [0.414, 0.059, 267],
    [0.344, 0.108, 260],
    [0.26, 0.089, 256],
  ],
  dark: [
    [0.354, 0.1, 262],
    [0.421, 0.055, 268],
    [0.487, 0.024, 270],
    [0.555, 0.002, 265],
    [0.625, 0.023, 95],
    [0.695, 0.059, 96],
    [0.768, 0.099, 98],
    [0.844, 0.141, 99],
    [0.921, 0.18, 102],
  ],
};

const grey: Ramp = {
  light: [
    [0.86, 0, 0],
    [0.22, 0, 0],
  ],
  dark: [
    [0.36, 0, 0],
    [0.98, 0, 0],
  ],
};

/** Ramps of the cells: from the smallest value to the largest, ever further from the background. */
export const colourMaps: { readonly [M in ColourMap]: Ramp } = { blue: countRamp, viridis, cividis, grey };

/** Colours of matrix levels: 0 is the background, 1 … 255 the ramp. */
export function cellLut(colours: ColourMap, dark: boolean): Lut {
  const lut = new Uint32Array(256);
  lut[0] = pack(theme(dark).background);
  for (let level = 1; level < 256; level++) {
    lut[level] = pack(rampColour(colourMaps[colours], dark, (level - 1) / 254));
  }
  return lut;
}
