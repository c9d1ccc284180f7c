import type { Tree } from "../core/data";
import type { Mapped } from "../core/values";
import type { Axis, Plot } from "../layout/frame";
import { columnLabels, groupLine, textLine } from "../layout/labels";
import { firstCell, type MatrixScene } from "../layout/matrix";
import { shortValueText, valueText } from "../layout/valueText";
import type { ColourMap } from "../state/state";
import { cellLut } from "./colourMaps";
import { drawGroups, drawRings, drawUndefined, paintPartition } from "./matrixBlocks";
import { MatrixSampler, type Summing } from "./matrixPyramid";
import { colourise, colouriseWithHalo, hasHalo, type MatrixRaster, matrixRaster } from "./matrixRaster";
import { css, haloLut, type Lut, type Theme, textOn, theme, unpack } from "./palette";
import { font, TextFitter } from "./text";

/** Everything one frame of the matrix needs; lengths are device pixels. */
export interface MatrixPicture {
  readonly scene: MatrixScene;
  readonly tree: Tree;
  /** Text by node. */
  readonly label: readonly string[];
  readonly mapped: Mapped;
  readonly plot: Plot;
  readonly columns: Axis;
  readonly rows: Axis;
  readonly ratio: number;
  readonly dark: boolean;
  readonly colours: ColourMap;
  readonly halo: boolean;
  /** Pixels of many cells show their sum; null for the strongest. */
  readonly summing: Summing | null;
  /** First leaves of the blocks to outline, and the end; null for none. */
  readonly cuts: Int32Array | null;
  /** Cells to ring. */
  readonly rings: readonly { readonly row: number; readonly col: number }[];
  readonly diagonal: boolean;
}

/** Draws the data layer of a matrix; keeps its buffers from frame to frame. */
export class MatrixPainter {
  private readonly sampler = new MatrixSampler();
  private raster: MatrixRaster | null = null;
  private image: ImageData | null = null;
  private luts: { key: string; colours: Lut; halo: Lut } | null = null;
  private readonly texts = new TextFitter();

  draw(context: CanvasRenderingContext2D, picture: MatrixPicture): void {
    const look = theme(picture.dark);
    context.fillStyle = css(look.background);
    context.fillRect(0, 0, context.canvas.width, context.canvas.height);
    this.drawCells(context, picture);
    context.save();
    context.beginPath();
    context.rect(picture.plot.x, picture.plot.y, picture.plot.width, picture.plot.height);
    context.clip();
    if (!picture.diagonal) drawDiagonal(context, picture, look);
    drawUndefined(context, picture, picture.mapped.undefinedRow, picture.mapped.undefinedCol, look);
    drawGroups(context, picture, look, picture.cuts !== null);
    this.drawNumbers(context, picture);
    drawRings(context, picture, picture.rings, look);
    context.restore();
    drawFrame(context, picture, look);
    this.drawColumnLabels(context, picture, look);
  }

  private drawCells(context: CanvasRenderingContext2D, picture: MatrixPicture): void {
    const { plot, columns, rows, ratio } = picture;
    if (this.raster?.width !== plot.width || this.raster.height !== plot.height || this.image === null) {
      this.raster = matrixRaster(plot.width, plot.height);
      this.image = new ImageData(plot.width, plot.height);
    }
    const key = `${picture.colours} ${picture.dark}`;
    if (this.luts?.key !== key) {
      const colours = cellLut(picture.colours, picture.dark);
      this.luts = { key, colours, halo: haloLut(colours) };
    }
    const size = Math.min(columns.scale, rows.scale);
    const out = new Uint32Array(this.image.data.buffer);
    const gap = size >= 8 * ratio ? Math.round(ratio) : 0;
    this.sampler.sample(this.raster, picture.scene, columns, rows, gap, picture.summing);
    if (picture.halo && hasHalo(size)) colouriseWithHalo(this.raster, this.luts.colours, this.luts.halo, out);
    else colourise(this.raster, this.luts.colours, out);
    if (picture.cuts !== null) {
      paintPartition(out, this.raster, picture.cuts, columns, rows, ratio, theme(picture.dark));
    }
    context.putImageData(this.image, plot.x, plot.y);
  }

  private drawNumbers(context: CanvasRenderingContext2D, picture: MatrixPicture): void {
    const { columns, rows, plot, ratio, scene, mapped } = picture;
    if (this.luts === null || columns.scale < 24 * ratio || rows.scale < 15 * ratio) return;
    const colours = Array.from(this.luts.colours, (colour) => css(textOn(unpack(colour))));
    context.font = font(12 * ratio);
    context.textAlign = "center";
    context.textBaseline = "middle";
    for (let row = rows.first; row < rows.last; row++) {
      const y = plot.y + (row + 0.5 - rows.start) * rows.scale;
      for (let i = firstCell(scene.order, row, columns.first); i < scene.order.rowStart[row + 1]; i++) {
        if (scene.order.col[i] >= columns.last) break;
        if (scene.level[i] === 0) continue;
        const isCut = scene.order.col[i] < columns.start || scene.order.col[i] + 1 > columns.stop;
        if (isCut || row < rows.start || row + 1 > rows.stop) continue;
        const room = columns.scale - 4 * ratio;
        const value = mapped.value[scene.order.cell[i]];
        let text = valueText(mapped.kind, value);
        if (this.texts.measure(context, text) > room) text = shortValueText(mapped.kind, value);
        if (this.texts.measure(context, text) > room) continue;
        context.fillStyle = colours[scene.level[i]];
        context.fillText(text, plot.x + (scene.order.col[i] + 0.5 - columns.start) * columns.scale, y);
      }
    }
  }

  private drawColumnLabels(context: CanvasRenderingContext2D, picture: MatrixPicture, look: Theme): void {
    const { tree, label, columns, plot, ratio } = picture;
    const { groups, names } = columnLabels(tree, columns, textLine * ratio);
    context.textBaseline = "middle";
    const bracket = groupLine * ratio;
    context.font = font(12 * ratio, 600);
    context.textAlign = "center";
    context.lineWidth = Math.max(1, Math.round(ratio));
    for (const { node, start, stop } of groups) {
      context.strokeStyle = css(look.line);
      context.beginPath();
      context.moveTo(plot.x + start + ratio, bracket);
      context.lineTo(plot.x + stop - ratio, bracket);
      context.stroke();
      const text = this.texts.fit(context, label[node], stop - start - 6 * ratio);
      context.fillStyle = css(look.ink);
      context.fillText(text, plot.x + (start + stop) / 2, bracket - 9 * ratio);
    }
    const room = plot.y - bracket - 9 * ratio;
    context.textAlign = "left";
    context.font = font(11 * ratio);
    for (const { node, start, stop } of names) {
      context.save();
      context.translate(plot.x + (start + stop) / 2, plot.y - 5 * ratio);
      context.rotate(-Math.PI / 2);
      context.fillStyle = css(tree.classId[node] >= 0 ? look.ink : look.muted);
      context.fillText(this.texts.fit(context, label[node], room), 0, 0);
      context.restore();
    }
  }
}

function drawFrame(context: CanvasRenderingContext2D, picture: MatrixPicture, look: Theme): void {
  const { plot, ratio } = picture;
  const width = Math.max(1, Math.round(ratio));
  context.strokeStyle = css(look.line);
  context.lineWidth = width;
  context.strokeRect(plot.x - width / 2, plot.y - width / 2, plot.width + width, plot.height + width);
}

// Where the diagonal is hidden a thin line tells where it would be.
function drawDiagonal(context: CanvasRenderingContext2D, picture: MatrixPicture, look: Theme): void {
  const { plot, columns, rows, ratio } = picture;
  const low = Math.max(columns.start, rows.start);
  const high = Math.min(columns.stop, rows.stop);
  if (low >= high) return;
  context.strokeStyle = css(look.line);
  context.lineWidth = Math.max(1, ratio * 0.75);
  context.beginPath();
  context.moveTo(plot.x + (low - columns.start) * columns.scale, plot.y + (low - rows.start) * rows.scale);
  context.lineTo(plot.x + (high - columns.start) * columns.scale, plot.y + (high - rows.start) * rows.scale);
  context.stroke();
}
