import type { Tree } from "../core/data";
import { type Axis, edge, type Plot } from "../layout/frame";
import { columnEdges, headerGap, headerHeight, type ResponseScene } from "../layout/responses";
import { hatch, hatchGround, hatchLine } from "./hatch";
import { countRamp, css, type Lut, rampColour, responseGap, responseLut, type Theme, theme } from "./palette";
import { sampleResponses } from "./responseRaster";
import { font } from "./text";

/** Everything one frame of the response map needs; lengths are device pixels. */
export interface ResponsePicture {
  readonly scene: ResponseScene;
  readonly tree: Tree;
  readonly neurons: Int32Array;
  /** By column, in [0, 1]; NaN is undefined. */
  readonly headerShade: Float64Array;
  readonly plot: Plot;
  readonly rows: Axis;
  readonly ratio: number;
  readonly dark: boolean;
}

/** Draws the data layer of a response map; keeps its buffers from frame to frame. */
export class ResponsePainter {
  private image: ImageData | null = null;
  private readonly colours: Lut = responseLut();

  clear(context: CanvasRenderingContext2D, dark: boolean): void {
    context.fillStyle = css(theme(dark).background);
    context.fillRect(0, 0, context.canvas.width, context.canvas.height);
  }

  draw(context: CanvasRenderingContext2D, picture: ResponsePicture): void {
    const { plot, dark, ratio } = picture;
    const look = theme(dark);
    this.clear(context, dark);
    if (this.image?.width !== plot.width || this.image.height !== plot.height) {
      this.image = new ImageData(plot.width, plot.height);
    }
    const out = new Uint32Array(this.image.data.buffer);
    sampleResponses(
      out,
      plot.width,
      plot.height,
      picture.scene,
      picture.tree,
      picture.rows,
      this.colours,
      ratio,
    );
    context.putImageData(this.image, plot.x, plot.y);
    hatchUndefined(context, picture);
    drawHeader(context, picture, look);
  }
}

function hatchUndefined(context: CanvasRenderingContext2D, picture: ResponsePicture): void {
  const { scene, tree, rows, plot, ratio } = picture;
  const perClass = scene.nColumns * scene.nPositions;
  if (rows.scale < 1) return;
  context.fillStyle = hatch(context, responseGap, [126, 132, 140], ratio);
  for (let leaf = rows.first; leaf < rows.last; leaf++) {
    if (perClass === 0 || scene.level[tree.classOfLeaf[leaf] * perClass] !== 0) continue;
    const y0 = Math.max(0, edge(rows, leaf));
    const y1 = Math.min(plot.height, edge(rows, leaf + 1));
    if (y1 > y0) context.fillRect(plot.x, plot.y + y0, plot.width, y1 - y0);
  }
}

function drawHeader(context: CanvasRenderingContext2D, picture: ResponsePicture, look: Theme): void {
  const { plot, ratio, neurons } = picture;
  const edges = columnEdges(neurons.length, plot.width);
  const height = Math.round(headerHeight * ratio);
  const top = plot.y - Math.round(headerGap * ratio) - height;
  const undefinedPattern = hatch(context, hatchGround(look), hatchLine(look), ratio);
  context.font = font(11 * ratio);
  context.textAlign = "left";
  context.textBaseline = "middle";
  for (let column = 0; column < neurons.length; column++) {
    const x = plot.x + edges[column];
    const width = edges[column + 1] - edges[column];
    const shade = picture.headerShade[column];
    context.fillStyle = Number.isNaN(shade)
      ? undefinedPattern
      : css(rampColour(countRamp, picture.dark, shade));
    context.fillRect(x, top, Math.max(1, width - Math.round(ratio)), height);
    if (width < 12 * ratio) continue;
    context.save();
    context.translate(x + width / 2, top - 4 * ratio);
    context.rotate(-Math.PI / 2);
    context.fillStyle = css(look.muted);
    context.fillText(String(neurons[column]), 0, 0);
    context.restore();
  }
}
