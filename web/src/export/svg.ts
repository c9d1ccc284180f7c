import { cellLut } from "../draw/colourMaps";
import { hatchGround, hatchLine } from "../draw/hatch";
import { type Rgb, textOn, theme, unpack } from "../draw/palette";
import { firstCell } from "../layout/matrix";
import { emptyLeaves } from "../layout/undefined";
import { shortValueText, valueText } from "../layout/valueText";
import { cut, type Mark, type Sheet } from "./sheet";

/** More runs of cells than this become one picture, because programs that read SVG give up. */
export const mostRuns = 100_000;

/** Width in px of a text of a size. */
export type Measure = (text: string, size: number, bold: boolean) => number;

const family = 'system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", sans-serif';

/**
 * A sheet as an SVG document: cells as rectangles, neighbours of one colour in one, or where they are too many as the
 * picture that `raster` gives, a data URL; words as text.
 */
export function svgOf(sheet: Sheet, dark: boolean, measure: Measure, raster: () => string): string {
  const { width, height, plot } = sheet;
  const runs = cellRuns(sheet);
  const cells = runs.n <= mostRuns ? cellPaths(sheet, dark, runs.byLevel) : pictureOf(sheet, raster());
  const write = (mark: Mark) => markOf(mark, measure);
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${n(width)}" height="${n(height)}" viewBox="0 0 ${n(width)} ${n(height)}" font-family='${family}'>`,
    `<defs><clipPath id="plot"><rect x="${n(plot.x)}" y="${n(plot.y)}" width="${n(plot.width)}" height="${n(plot.height)}"/></clipPath></defs>`,
    `<rect width="100%" height="100%" fill="${hex(sheet.background)}"/>`,
    cells,
    undefinedRects(sheet, dark),
    `<g clip-path="url(#plot)">${sheet.upon.map(write).join("")}</g>`,
    numbers(sheet, dark, measure),
    `<rect x="${n(plot.x - 0.5)}" y="${n(plot.y - 0.5)}" width="${n(plot.width + 1)}" height="${n(plot.height + 1)}" fill="none" stroke="${hex(sheet.frame)}"/>`,
    ...sheet.around.map(write),
    `<g clip-path="url(#plot)">${sheet.selected.map(write).join("")}</g>`,
    "</svg>",
  ].join("\n");
}

interface Runs {
  /** By palette level: rows, first columns and lengths of runs of cells, in leaf units. */
  readonly byLevel: ReadonlyMap<number, readonly (readonly [row: number, col: number, length: number])[]>;
  /** More than `mostRuns` says only that they are more; then there are none by level. */
  readonly n: number;
}

/** Neighbours in a row that have one colour, in view. */
export function cellRuns({ picture }: Sheet): Runs {
  const { scene, columns, rows } = picture;
  const byLevel = new Map<number, [number, number, number][]>();
  let count = 0;
  for (let row = rows.first; row < rows.last; row++) {
    let last: [number, number, number] | null = null;
    let lastLevel = 0;
    for (let i = firstCell(scene.order, row, columns.first); i < scene.order.rowStart[row + 1]; i++) {
      const col = scene.order.col[i];
      const level = scene.level[i];
      if (col >= columns.last) break;
      if (level === 0) continue;
      if (last && lastLevel === level && last[1] + last[2] === col) {
        last[2]++;
        continue;
      }
      last = [row, col, 1];
      lastLevel = level;
      count++;
      if (count > mostRuns) return { byLevel: new Map(), n: count };
      const same = byLevel.get(level);
      if (same) same.push(last);
      else byLevel.set(level, [last]);
    }
  }
  return { byLevel, n: count };
}

function cellPaths(sheet: Sheet, dark: boolean, byLevel: Runs["byLevel"]): string {
  const { picture, plot } = sheet;
  const { columns, rows } = picture;
  const colours = cellLut(picture.colours, dark);
  // A cell of less than a pixel would be drawn pale or not at all.
  const isSmall = Math.min(columns.scale, rows.scale) < 2;
  const paths = [...byLevel]
    .sort(([a], [b]) => a - b)
    .map(([level, runs]) => {
      const d = runs.map(([row, col, length]) => `M${col} ${row}h${length}v1h-${length}z`).join("");
      const colour = hex(unpack(colours[level]));
      return `<path fill="${colour}"${isSmall ? ` stroke="${colour}" vector-effect="non-scaling-stroke"` : ""} d="${d}"/>`;
    });
  const transform = `translate(${n(plot.x)} ${n(plot.y)}) scale(${columns.scale} ${rows.scale}) translate(${-columns.start} ${-rows.start})`;
  return `<g clip-path="url(#plot)"><g transform="${transform}" ${isSmall ? 'stroke-width="0.6"' : 'shape-rendering="crispEdges"'}>\n${paths.join("\n")}\n</g></g>`;
}

function pictureOf({ plot }: Sheet, url: string): string {
  return `<image x="${n(plot.x)}" y="${n(plot.y)}" width="${n(plot.width)}" height="${n(plot.height)}" href="${escapeXml(url)}" image-rendering="pixelated"/>`;
}

function undefinedRects({ picture, plot }: Sheet, dark: boolean): string {
  const { mapped, tree, columns, rows } = picture;
  const { undefinedRow, undefinedCol } = mapped;
  if (undefinedRow === null && undefinedCol === null) return "";
  const look = theme(dark);
  const rects: string[] = [];
  const add = (x: number, y: number, width: number, height: number) =>
    rects.push(
      `<rect x="${n(x)}" y="${n(y)}" width="${n(width)}" height="${n(height)}" fill="url(#undefined)"/>`,
    );
  for (const [start, stop] of undefinedRow ? emptyLeaves(rows, undefinedRow, tree.classOfLeaf) : []) {
    add(plot.x, plot.y + (start - rows.start) * rows.scale, plot.width, (stop - start) * rows.scale);
  }
  for (const [start, stop] of undefinedCol ? emptyLeaves(columns, undefinedCol, tree.classOfLeaf) : []) {
    add(
      plot.x + (start - columns.start) * columns.scale,
      plot.y,
      (stop - start) * columns.scale,
      plot.height,
    );
  }
  const pattern = `<pattern id="undefined" width="6" height="6" patternUnits="userSpaceOnUse"><rect width="6" height="6" fill="${hex(hatchGround(look))}"/><path d="M-1 7L7 -1" stroke="${hex(hatchLine(look))}" stroke-width="0.8"/></pattern>`;
  return `<defs>${pattern}</defs><g clip-path="url(#plot)">${rects.join("")}</g>`;
}

function numbers(sheet: Sheet, dark: boolean, measure: Measure): string {
  const { picture, plot } = sheet;
  const { scene, columns, rows, mapped } = picture;
  if (columns.scale < 24 || rows.scale < 15) return "";
  const colours = cellLut(picture.colours, dark);
  const words: string[] = [];
  const room = columns.scale - 4;
  for (let row = Math.ceil(rows.start); row + 1 <= rows.stop; row++) {
    for (
      let i = firstCell(scene.order, row, Math.ceil(columns.start));
      i < scene.order.rowStart[row + 1];
      i++
    ) {
      const col = scene.order.col[i];
      if (col + 1 > columns.stop) break;
      if (scene.level[i] === 0) continue;
      const value = mapped.value[scene.order.cell[i]];
      const fits = [valueText(mapped.kind, value), shortValueText(mapped.kind, value)].find(
        (one) => measure(one, 12, false) <= room,
      );
      if (fits === undefined) continue;
      const x = plot.x + (col + 0.5 - columns.start) * columns.scale;
      const y = plot.y + (row + 0.5 - rows.start) * rows.scale;
      words.push(
        `<text x="${n(x)}" y="${n(y)}" dy="0.36em" fill="${hex(textOn(unpack(colours[scene.level[i]])))}">${escapeXml(fits)}</text>`,
      );
    }
  }
  return words.length ? `<g font-size="12" text-anchor="middle">${words.join("")}</g>` : "";
}

function markOf(mark: Mark, measure: Measure): string {
  switch (mark.kind) {
    case "text": {
      const shown = cut(mark.text, mark.room, (one) => measure(one, mark.size, mark.bold));
      if (shown === "") return "";
      const turn = mark.up ? ` transform="rotate(-90 ${n(mark.x)} ${n(mark.y)})"` : "";
      const weight = mark.bold ? ' font-weight="600"' : "";
      return `<text x="${n(mark.x)}" y="${n(mark.y)}" dy="0.36em" font-size="${mark.size}"${weight} text-anchor="${mark.anchor}" fill="${hex(mark.colour)}"${turn}>${escapeXml(shown)}</text>`;
    }
    case "line": {
      const points = mark.points.map(([x, y]) => `${n(x)},${n(y)}`).join(" ");
      return `<${mark.closed ? "polygon" : "polyline"} points="${points}" fill="none" stroke="${hex(mark.colour)}" stroke-width="${mark.width}" stroke-linejoin="round"/>`;
    }
    case "ring":
      return `<circle cx="${n(mark.x)}" cy="${n(mark.y)}" r="${n(mark.radius)}" fill="none" stroke="${hex(mark.colour)}" stroke-width="1.25"/>`;
    case "ramp": {
      const last = mark.colours.length - 1;
      const stops = mark.colours.map(
        (one, at) => `<stop offset="${n(at / last)}" stop-color="${hex(one)}"/>`,
      );
      return `<defs><linearGradient id="ramp">${stops.join("")}</linearGradient></defs><rect x="${n(mark.x)}" y="${n(mark.y)}" width="${n(mark.width)}" height="${n(mark.height)}" fill="url(#ramp)"/>`;
    }
  }
}

function hex(colour: Rgb): string {
  return `#${colour.map((channel) => Math.round(channel).toString(16).padStart(2, "0")).join("")}`;
}

/** Text for XML: markup escaped, and left out what XML has no characters for. */
export function escapeXml(words: string): string {
  return Array.from(words, (one) => {
    const code = one.codePointAt(0) as number;
    const isLost =
      (code < 32 && code !== 9) || (code >= 0xd800 && code < 0xe000) || code === 0xfffe || code === 0xffff;
    if (isLost) return code === 10 || code === 13 ? " " : "";
    return ENTITIES[one] ?? one;
  }).join("");
}

const ENTITIES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&apos;",
};

function n(value: number): string {
  return String(Math.round(value * 1000) / 1000);
}
