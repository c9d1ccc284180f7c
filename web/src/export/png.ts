import { MatrixPainter } from "../draw/matrix";
import { createMatrixPictures } from "../draw/matrixPicture";
import { css } from "../draw/palette";
import { font } from "../draw/text";
import { margin } from "../layout/frame";
import type { Model } from "../model";
import { cut, type Mark, type Sheet } from "./sheet";

type Context = CanvasRenderingContext2D;

/** Draw a sheet on a canvas, at `ratio` device pixels a CSS px. */
export function drawSheet(sheet: Sheet, model: Model, ratio: number): HTMLCanvasElement {
  const { plot } = sheet;
  const canvas = canvasOf(sheet.width * ratio, sheet.height * ratio);
  const context = contextOf(canvas);
  context.fillStyle = css(sheet.background);
  context.fillRect(0, 0, canvas.width, canvas.height);
  context.drawImage(drawPlot(sheet, model, ratio), Math.round(plot.x * ratio), Math.round(plot.y * ratio));
  context.scale(ratio, ratio);
  context.strokeStyle = css(sheet.frame);
  context.strokeRect(plot.x - 0.5, plot.y - 0.5, plot.width + 1, plot.height + 1);
  for (const mark of sheet.around) drawMark(context, mark);
  context.beginPath();
  context.rect(plot.x, plot.y, plot.width, plot.height);
  context.clip();
  for (const mark of sheet.selected) drawMark(context, mark);
  return canvas;
}

/** The plot alone, with everything upon its cells, as on the page. */
export function drawPlot({ plot }: Sheet, model: Model, ratio: number): HTMLCanvasElement {
  const width = Math.round(plot.width * ratio);
  const height = Math.round(plot.height * ratio);
  const top = Math.round(margin.top * ratio);
  const whole = canvasOf(width, top + height);
  const picture = createMatrixPictures().picture(model, { x: 0, y: top, width, height }, ratio);
  new MatrixPainter().draw(contextOf(whole), picture);
  const canvas = canvasOf(width, height);
  contextOf(canvas).drawImage(whole, 0, -top);
  return canvas;
}

/** Measures texts of the page's font. */
export function createMeasure(): (text: string, size: number, bold: boolean) => number {
  const context = contextOf(canvasOf(1, 1));
  return (text, size, bold) => {
    context.font = font(size, bold ? 600 : 400);
    return context.measureText(text).width;
  };
}

function drawMark(context: Context, mark: Mark): void {
  switch (mark.kind) {
    case "text": {
      context.font = font(mark.size, mark.bold ? 600 : 400);
      const shown = cut(mark.text, mark.room, (text) => context.measureText(text).width);
      context.save();
      context.translate(mark.x, mark.y);
      if (mark.up) context.rotate(-Math.PI / 2);
      context.textAlign = mark.anchor === "middle" ? "center" : mark.anchor;
      context.textBaseline = "middle";
      context.fillStyle = css(mark.colour);
      context.fillText(shown, 0, 0);
      context.restore();
      return;
    }
    case "line":
      context.beginPath();
      for (const [x, y] of mark.points) context.lineTo(x, y);
      if (mark.closed) context.closePath();
      context.strokeStyle = css(mark.colour);
      context.lineWidth = mark.width;
      context.stroke();
      return;
    case "ring":
      context.beginPath();
      context.arc(mark.x, mark.y, mark.radius, 0, 2 * Math.PI);
      context.strokeStyle = css(mark.colour);
      context.lineWidth = 1.25;
      context.stroke();
      return;
    case "ramp": {
      const gradient = context.createLinearGradient(mark.x, 0, mark.x + mark.width, 0);
      mark.colours.forEach((colour, at) => {
        gradient.addColorStop(at / (mark.colours.length - 1), css(colour));
      });
      context.fillStyle = gradient;
      context.fillRect(mark.x, mark.y, mark.width, mark.height);
      return;
    }
  }
}

function canvasOf(width: number, height: number): HTMLCanvasElement {
  const canvas = document.createElement("canvas");
  canvas.width = Math.max(1, Math.round(width));
  canvas.height = Math.max(1, Math.round(height));
  return canvas;
}

function contextOf(canvas: HTMLCanvasElement): Context {
  return canvas.getContext("2d") as Context;
}
