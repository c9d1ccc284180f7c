import type { Plot } from "../layout/frame";
import type { IcicleBox } from "../layout/icicle";
import { signedPoints } from "../layout/valueText";
import { hatch, hatchGround, hatchLine } from "./hatch";
import {
  changeRamp,
  countRamp,
  css,
  type Ramp,
  type Rgb,
  rampColour,
  rateRamp,
  textOn,
  theme,
} from "./palette";
import { font, TextFitter } from "./text";

/** Everything one frame of the icicle needs; lengths are device pixels. */
export interface IciclePicture {
  /** Text by node. */
  readonly label: readonly string[];
  readonly boxes: readonly IcicleBox[];
  readonly plot: Plot;
  readonly ratio: number;
  readonly dark: boolean;
  /** What the values are: a rate, a change of one, a mean response, an overlap from 0 to 1, or the number of a layer. */
  readonly kind: "rate" | "change" | "response" | "overlap" | "layer";
  readonly range: readonly [number, number];
  /** Names of numbered layers. */
  readonly layers: readonly string[];
}

const levels = 255;

/** Draws the data layer of an icicle; keeps its colours and text widths from frame to frame. */
export class IciclePainter {
  private readonly texts = new TextFitter();
  private colours: { key: string; fill: string[]; text: string[] } | null = null;
  private pattern: { key: string; pattern: CanvasPattern } | null = null;

  draw(context: CanvasRenderingContext2D, picture: IciclePicture): void {
    const look = theme(picture.dark);
    const { plot, boxes, ratio } = picture;
    context.fillStyle = css(look.background);
    context.fillRect(0, 0, context.canvas.width, context.canvas.height);
    const { fill, text } = this.coloursOf(picture);
    const line = Math.max(1, Math.round(ratio));
    context.save();
    context.beginPath();
    context.rect(plot.x, plot.y, plot.width, plot.height);
    context.clip();
    for (const box of boxes) {
      const level = levelOf(box.value, picture.range);
      const height = box.y1 - box.y0;
      const gap = height >= 4 * ratio ? line : 0;
      context.fillStyle = level < 0 ? this.patternOf(context, picture) : fill[level];
      context.fillRect(
        plot.x + Math.round(box.x0),
        plot.y + box.y0,
        Math.max(1, Math.round(box.x1) - Math.round(box.x0) - line),
        height - gap,
      );
    }
    const undefinedText = css(textOn(hatchGround(look)));
    for (const box of boxes) {
      if (box.node < 0 || box.y1 - box.y0 < 10 * ratio) continue;
      const level = levelOf(box.value, picture.range);
      this.label(context, picture, box, level < 0 ? undefinedText : text[level]);
    }
    context.restore();
  }

  private label(
    context: CanvasRenderingContext2D,
    picture: IciclePicture,
    box: IcicleBox,
    style: string,
  ): void {
    const { plot, ratio } = picture;
    const width = box.x1 - box.x0 - 7 * ratio;
    const height = box.y1 - box.y0;
    const name = picture.label[box.node];
    context.fillStyle = style;
    context.textBaseline = "middle";
    context.textAlign = "left";
    context.font = font((height < 14 * ratio ? 10 : 12) * ratio);
    const middle = plot.y + (box.y0 + box.y1) / 2;
    const isTall = height >= 26 * ratio && box.x1 - box.x0 >= 12 * ratio;
    const beside = this.texts.fit(context, name, width);
    if (beside !== name && isTall && width < 72 * ratio) {
      const upright = this.texts.fit(context, name, height - 6 * ratio);
      if (upright.length > beside.length) {
        context.save();
        context.textAlign = "center";
        context.translate(plot.x + (box.x0 + box.x1) / 2, middle);
        context.rotate(-Math.PI / 2);
        context.fillText(upright, 0, 0);
        context.restore();
        return;
      }
    }
    let shown = beside;
    if (shown !== name && height >= 14 * ratio) {
      context.font = font(10 * ratio);
      const smaller = this.texts.fit(context, name, width);
      if (shown === "" || smaller === name) shown = smaller;
      else context.font = font(12 * ratio);
    }
    if (shown === "") return;
    const left = plot.x + box.x0 + 4 * ratio;
    const value = formatValue(box.value, picture.kind, picture.layers);
    const valueWidth = this.texts.measure(context, value);
    const isBeside = this.texts.measure(context, shown) + 12 * ratio + valueWidth <= width;
    const isBelow = !isBeside && height >= 34 * ratio && valueWidth <= width;
    const first = middle + ratio * (isBelow ? -7.5 : 0.5);
    context.fillText(shown, left, first);
    context.globalAlpha = 0.72;
    if (isBelow) context.fillText(value, left, middle + 8 * ratio);
    if (isBeside) {
      context.textAlign = "right";
      context.fillText(value, plot.x + box.x1 - 6 * ratio, first);
    }
    context.globalAlpha = 1;
  }

  private coloursOf(picture: IciclePicture): { fill: string[]; text: string[] } {
    const key = `${picture.kind} ${picture.dark}`;
    if (this.colours?.key !== key) {
      const ramp = rampOf(picture.kind);
      const colours: Rgb[] = Array.from({ length: levels + 1 }, (_, level) =>
        rampColour(ramp, picture.dark, level / levels),
      );
      this.colours = {
        key,
        fill: colours.map((colour) => css(colour)),
        text: colours.map((colour) => css(textOn(colour))),
      };
    }
    return this.colours;
  }

  private patternOf(context: CanvasRenderingContext2D, picture: IciclePicture): CanvasPattern {
    const key = `${picture.ratio} ${picture.dark}`;
    if (this.pattern?.key !== key) {
      const look = theme(picture.dark);
      this.pattern = { key, pattern: hatch(context, hatchGround(look), hatchLine(look), picture.ratio) };
    }
    return this.pattern.pattern;
  }
}

/** Colours of a kind of value. */
export function rampOf(kind: IciclePicture["kind"]): Ramp {
  if (kind === "change") return changeRamp;
  return kind === "response" || kind === "layer" ? countRamp : rateRamp;
}

/** Level 0 … 255 of a value, or −1 where it is undefined. */
function levelOf(value: number, [low, high]: readonly [number, number]): number {
  if (Number.isNaN(value)) return -1;
  if (high <= low) return 0;
  return Math.round(Math.min(1, Math.max(0, (value - low) / (high - low))) * levels);
}

/** A value as the icicle writes it. */
export function formatValue(
  value: number,
  kind: IciclePicture["kind"],
  layers: readonly string[] = [],
): string {
  if (Number.isNaN(value)) return "–";
  if (kind === "layer") return layers[value] ?? "";
  if (kind === "overlap") return value.toFixed(2);
  if (kind === "change") return signedPoints(value);
  return kind === "rate" ? `${(value * 100).toFixed(1)} %` : value.toPrecision(3);
}
