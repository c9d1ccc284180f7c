import { css, type Lut, type Theme, textOn, unpack } from "./palette";
import { font, TextFitter } from "./text";

/** A square table of counts between blocks; lengths are device pixels. */
export interface RegionPicture {
  readonly nBlocks: number;
  /** By row, then column: samples. */
  readonly value: Float64Array;
  readonly maximum: number;
  readonly side: number;
  readonly ratio: number;
  /** Names of the rows, and the room for them at the right of the table. */
  readonly names: readonly string[];
  readonly room: number;
}

const TEXT_CSS = 10;
const LEAST_BOX_CSS = 6;
const LEAST_CSS = 22;
const LEAST_ROW_CSS = 11;
const LEAST_NAME_CSS = 50;

/** First pixel of a block's row or column. */
export function regionEdge(
  block: number,
  { nBlocks, side }: Pick<RegionPicture, "nBlocks" | "side">,
): number {
  return Math.round((block * side) / nBlocks);
}

/** Shade of a count: 0 is the background, 1 the lightest, the maximum the darkest, in between by its logarithm. */
export function regionLevel(value: number, maximum: number): number {
  if (!(value > 0)) return 0;
  return maximum > 1 ? 1 + Math.round((254 * Math.log(value)) / Math.log(maximum)) : 1;
}

/** Draw the table; numbers where they fit. */
export function drawRegions(
  context: CanvasRenderingContext2D,
  picture: RegionPicture,
  colours: Lut,
  look: Theme,
): void {
  const { nBlocks, value, maximum, side, ratio } = picture;
  const line = Math.max(1, Math.round(ratio));
  const cell = side / nBlocks;
  context.fillStyle = css(look.background);
  context.fillRect(0, 0, context.canvas.width, context.canvas.height);
  if (cell < LEAST_BOX_CSS * ratio) {
    if (side > 0) context.putImageData(regionPixels(picture, colours), 0, 0);
    context.strokeStyle = css(look.line);
    context.lineWidth = line;
    context.strokeRect(line / 2, line / 2, side - line, side - line);
    drawNames(context, picture, look);
    return;
  }
  context.fillStyle = css(look.line);
  context.fillRect(0, 0, side, side);
  context.font = font(TEXT_CSS * ratio);
  context.textAlign = "center";
  context.textBaseline = "middle";
  for (let row = 0; row < nBlocks; row++) {
    const [y0, y1] = [regionEdge(row, picture), regionEdge(row + 1, picture)];
    for (let col = 0; col < nBlocks; col++) {
      const [x0, x1] = [regionEdge(col, picture), regionEdge(col + 1, picture)];
      const n = value[row * nBlocks + col];
      const colour = unpack(colours[regionLevel(n, maximum)]);
      context.fillStyle = css(colour);
      context.fillRect(x0, y0, x1 - x0 - line, y1 - y0 - line);
      if (n === 0 || cell < LEAST_CSS * ratio) continue;
      const text = String(n);
      if (context.measureText(text).width > x1 - x0 - 4 * ratio) continue;
      context.fillStyle = css(textOn(colour));
      context.fillText(text, (x0 + x1) / 2, (y0 + y1) / 2);
    }
  }
  drawNames(context, picture, look);
}

/** The strongest level of the regions that touch each pixel. */
export function regionLevels({ nBlocks, value, maximum, side }: RegionPicture): Uint8Array {
  const levels = new Uint8Array(side * side);
  const edge = Int32Array.from({ length: nBlocks + 1 }, (_, block) => regionEdge(block, { nBlocks, side }));
  const last = (block: number) => Math.min(side, Math.max(edge[block + 1], edge[block] + 1));
  for (let row = 0; row < nBlocks; row++) {
    for (let col = 0; col < nBlocks; col++) {
      const level = regionLevel(value[row * nBlocks + col], maximum);
      if (level === 0) continue;
      for (let y = Math.min(edge[row], side - 1); y < last(row); y++) {
        for (let x = Math.min(edge[col], side - 1); x < last(col); x++) {
          const at = y * side + x;
          if (levels[at] < level) levels[at] = level;
        }
      }
    }
  }
  return levels;
}

function regionPixels(picture: RegionPicture, colours: Lut): ImageData {
  const image = new ImageData(picture.side, picture.side);
  const pixels = new Uint32Array(image.data.buffer);
  regionLevels(picture).forEach((level, at) => {
    pixels[at] = colours[level];
  });
  return image;
}

function drawNames(context: CanvasRenderingContext2D, picture: RegionPicture, look: Theme): void {
  const { nBlocks, side, ratio, names, room } = picture;
  const gap = 6 * ratio;
  if (side / nBlocks < LEAST_ROW_CSS * ratio || room - gap < LEAST_NAME_CSS * ratio) return;
  const fitter = new TextFitter();
  context.textAlign = "left";
  context.fillStyle = css(look.muted);
  names.forEach((name, row) => {
    const y = (regionEdge(row, picture) + regionEdge(row + 1, picture)) / 2;
    context.fillText(fitter.fit(context, name, room - gap), side + gap, y);
  });
}

/** Mark one region; a selected one more strongly. */
export function drawRegionMark(
  context: CanvasRenderingContext2D,
  picture: RegionPicture,
  row: number,
  col: number,
  isSelected: boolean,
  look: Theme,
): void {
  const line = Math.max(1, Math.round((isSelected ? 2 : 1) * picture.ratio));
  const [x0, x1] = [regionEdge(col, picture), regionEdge(col + 1, picture)];
  const [y0, y1] = [regionEdge(row, picture), regionEdge(row + 1, picture)];
  context.strokeStyle = isSelected ? css(look.accent) : css(look.ink);
  context.lineWidth = line;
  context.strokeRect(x0 + line / 2, y0 + line / 2, x1 - x0 - line, y1 - y0 - line);
}
