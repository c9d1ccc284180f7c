import { css, mix, type Rgb, type Theme } from "./palette";

/** The grey between the lines of the hatching; texts upon it are read against this. */
export function hatchGround(theme: Theme): Rgb {
  return mix(theme.background, theme.ink, 0.04);
}

export function hatchLine(theme: Theme): Rgb {
  return mix(theme.background, theme.ink, 0.24);
}

/** Diagonal lines for what is undefined. */
export function hatch(
  context: CanvasRenderingContext2D,
  ground: Rgb,
  line: Rgb,
  ratio: number,
): CanvasPattern {
  const side = Math.max(4, Math.round(6 * ratio));
  const tile = document.createElement("canvas");
  tile.width = side;
  tile.height = side;
  const pen = tile.getContext("2d") as CanvasRenderingContext2D;
  pen.fillStyle = css(ground);
  pen.fillRect(0, 0, side, side);
  pen.strokeStyle = css(line);
  pen.lineWidth = Math.max(1, ratio * 0.8);
  pen.beginPath();
  for (const offset of [-side, 0, side]) {
    pen.moveTo(offset - 1, side + 1);
    pen.lineTo(offset + side + 1, -1);
  }
  pen.stroke();
  return context.createPattern(tile, "repeat") as CanvasPattern;
}
