/** Colours of the data and of the few marks upon it. Ramps are given in OKLCH and interpolated in OKLab. */

export type Rgb = readonly [number, number, number];

/** 256 colours packed for a little-endian Uint32 view of ImageData. */
export type Lut = Uint32Array;

type Oklch = readonly [lightness: number, chroma: number, hue: number];

export interface Theme {
  readonly dark: boolean;
  readonly background: Rgb;
  readonly ink: Rgb;
  readonly muted: Rgb;
  readonly line: Rgb;
  /** The one colour that is not data: selection and focus. */
  readonly accent: Rgb;
}

const lightTheme: Theme = {
  dark: false,
  background: [255, 255, 255],
  ink: [27, 31, 36],
  muted: [101, 109, 118],
  line: [208, 213, 219],
  accent: [224, 82, 6],
};

const darkTheme: Theme = {
  dark: true,
  background: [20, 22, 26],
  ink: [230, 232, 235],
  muted: [147, 154, 163],
  line: [58, 63, 71],
  accent: [255, 146, 61],
};

/** Colours of the page's marks. */
export function theme(dark: boolean): Theme {
  return dark ? darkTheme : lightTheme;
}

export interface Ramp {
  readonly light: readonly Oklch[];
  readonly dark: readonly Oklch[];
}

/** Counts: lightness falls evenly from pale blue to navy; in the dark it rises from deep blue to near white. */
export const countRamp: Ramp = {
  light: [
    [0.83, 0.085, 236],
    [0.7, 0.13, 246],
    [0.55, 0.155, 256],
    [0.41, 0.145, 266],
    [0.27, 0.1, 275],
  ],
  dark: [
    [0.36, 0.1, 266],
    [0.5, 0.135, 258],
    [0.66, 0.125, 246],
    [0.81, 0.085, 226],
    [0.96, 0.035, 200],
  ],
};

/** Rates from 0 to 100 %: what is weak is strong in colour, what is perfect recedes into the page. */
export const rateRamp: Ramp = {
  light: [
    [0.31, 0.1, 330],
    [0.49, 0.105, 334],
    [0.67, 0.075, 328],
    [0.83, 0.042, 318],
    [0.955, 0.012, 305],
  ],
  dark: [
    [0.92, 0.045, 335],
    [0.75, 0.095, 336],
    [0.57, 0.105, 334],
    [0.41, 0.07, 325],
    [0.28, 0.022, 300],
  ],
};

/** Changes from a drop to a gain: red and blue grow away from no change, which recedes into the page. */
export const changeRamp: Ramp = {
  light: [
    [0.42, 0.17, 27],
    [0.62, 0.19, 28],
    [0.8, 0.1, 30],
    [0.965, 0.003, 260],
    [0.81, 0.08, 245],
    [0.62, 0.14, 252],
    [0.4, 0.13, 262],
  ],
  dark: [
    [0.8, 0.14, 25],
    [0.62, 0.19, 26],
    [0.42, 0.13, 26],
    [0.26, 0.008, 260],
    [0.42, 0.1, 256],
    [0.62, 0.13, 250],
    [0.82, 0.1, 238],
  ],
};

/** Responses below the threshold; the same by day and night, because black is a value here. */
const responseRamp: readonly Oklch[] = [
  [0, 0, 240],
  [0.27, 0.06, 250],
  [0.54, 0.1, 246],
  [0.82, 0.09, 232],
];

export const responseAbove: Rgb = [255, 221, 51];

/** Between the neurons of the response map, and under the hatching of its undefined rows. */
export const responseGap: Rgb = [88, 94, 104];

/** The colour of a position in [0, 1] on a ramp. */
export function rampColour(ramp: Ramp, dark: boolean, t: number): Rgb {
  return interpolate(dark ? ramp.dark : ramp.light, t);
}

/** Colours of empty pixels beside a cell: 30 % of the cell's colour over the background (METHODS §7.2). */
export function haloLut(colours: Lut): Lut {
  const background = unpack(colours[0]);
  return colours.map((colour) => pack(mix(background, unpack(colour), 0.3)));
}

/** Colours of response levels: 1 … 254 below the threshold, 255 from it; 0 lies between columns. */
export function responseLut(): Lut {
  const lut = new Uint32Array(256);
  lut[0] = pack(responseGap);
  for (let level = 1; level < 255; level++) lut[level] = pack(interpolate(responseRamp, (level - 1) / 253));
  lut[255] = pack(responseAbove);
  return lut;
}

/** A ramp as a CSS gradient, for legends. */
export function rampCss(ramp: Ramp, dark: boolean, direction = "to right"): string {
  const stops = Array.from({ length: 9 }, (_, i) => css(rampColour(ramp, dark, i / 8)));
  return `linear-gradient(${direction}, ${stops.join(", ")})`;
}

/** The response scale as a CSS gradient: black to light blue, then yellow from the share `threshold` on. */
export function responseCss(threshold: number, direction = "to right"): string {
  const stops = Array.from(
    { length: 7 },
    (_, i) => `${css(interpolate(responseRamp, i / 6))} ${((i / 6) * threshold * 100).toFixed(2)}%`,
  );
  const at = `${(threshold * 100).toFixed(2)}%`;
  return `linear-gradient(${direction}, ${stops.join(", ")}, ${css(responseAbove)} ${at}, ${css(responseAbove)} 100%)`;
}

export function css(colour: Rgb, alpha = 1): string {
  const [r, g, b] = colour.map(Math.round);
  return alpha === 1 ? `rgb(${r} ${g} ${b})` : `rgb(${r} ${g} ${b} / ${alpha})`;
}

/** `share` of `over` upon `under`. */
export function mix(under: Rgb, over: Rgb, share: number): Rgb {
  return [
    under[0] + (over[0] - under[0]) * share,
    under[1] + (over[1] - under[1]) * share,
    under[2] + (over[2] - under[2]) * share,
  ];
}

const nearBlack: Rgb = [8, 10, 13];

/** Whichever of near black and white reads better on a colour (WCAG contrast). */
export function textOn(colour: Rgb): Rgb {
  const luminance = relativeLuminance(colour) + 0.05;
  const onLight = luminance / (relativeLuminance(nearBlack) + 0.05);
  return 1.05 / luminance > onLight ? [255, 255, 255] : nearBlack;
}

/** CIE L* of an sRGB colour. */
export function cieLightness(colour: Rgb): number {
  const y = relativeLuminance(colour);
  return y > 216 / 24389 ? 116 * Math.cbrt(y) - 16 : (y * 24389) / 27;
}

export function pack(colour: Rgb): number {
  const [r, g, b] = colour.map(Math.round);
  return ((255 << 24) | (b << 16) | (g << 8) | r) >>> 0;
}

export function unpack(colour: number): Rgb {
  return [colour & 255, (colour >> 8) & 255, (colour >> 16) & 255];
}

function relativeLuminance(colour: Rgb): number {
  const [r, g, b] = colour.map((channel) => {
    const c = channel / 255;
    return c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

function interpolate(stops: readonly Oklch[], t: number): Rgb {
  const position = Math.min(1, Math.max(0, t)) * (stops.length - 1);
  const i = Math.min(stops.length - 2, Math.floor(position));
  const share = position - i;
  const [l0, a0, b0] = oklab(stops[i]);
  const [l1, a1, b1] = oklab(stops[i + 1]);
  return srgb(l0 + (l1 - l0) * share, a0 + (a1 - a0) * share, b0 + (b1 - b0) * share);
}

function oklab([lightness, chroma, hue]: Oklch): Rgb {
  const angle = (hue * Math.PI) / 180;
  return [lightness, chroma * Math.cos(angle), chroma * Math.sin(angle)];
}

// Björn Ottosson, "A perceptual color space for image processing" (2020): OKLab to linear sRGB.
function srgb(lightness: number, a: number, b: number): Rgb {
  const l = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3;
  const m = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3;
  const s = (lightness - 0.0894841775 * a - 1.291485548 * b) ** 3;
  return [
    gamma(4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s),
    gamma(-1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s),
    gamma(-0.0041960863 * l - 0.7034186147 * m + 1.707614701 * s),
  ];
}

function gamma(linear: number): number {
  const c = Math.min(1, Math.max(0, linear));
  return 255 * (c <= 0.0031308 ? 12.92 * c : 1.055 * c ** (1 / 2.4) - 0.055);
}
