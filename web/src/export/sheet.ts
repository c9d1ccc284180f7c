import { colourMaps } from "../draw/colourMaps";
import type { MatrixPicture } from "../draw/matrix";
import { groupColour, leastGroup, ringRadius } from "../draw/matrixBlocks";
import { createMatrixPictures } from "../draw/matrixPicture";
import { mix, type Rgb, rampColour, type Theme, theme } from "../draw/palette";
import { margin, type Plot } from "../layout/frame";
import { groupBoxes } from "../layout/groups";
import { columnLabels, groupLine, textLine } from "../layout/labels";
import type { Model } from "../model";

/** One thing on a sheet; lengths are CSS px. */
export type Mark =
  | {
      readonly kind: "text";
      readonly x: number;
      readonly y: number;
      readonly text: string;
      readonly size: number;
      readonly bold: boolean;
      readonly colour: Rgb;
      readonly anchor: "start" | "middle" | "end";
      /** Written upwards. */
      readonly up: boolean;
      /** Room; the text is cut to it. */
      readonly room: number;
    }
  | {
      readonly kind: "line";
      readonly points: readonly (readonly [number, number])[];
      readonly closed: boolean;
      readonly colour: Rgb;
      readonly width: number;
      /** Inside the plot only. */
      readonly clipped: boolean;
    }
  | {
      readonly kind: "ring";
      readonly x: number;
      readonly y: number;
      readonly radius: number;
      readonly colour: Rgb;
    }
  | {
      readonly kind: "ramp";
      readonly x: number;
      readonly y: number;
      readonly width: number;
      readonly height: number;
      readonly colours: readonly Rgb[];
    };

/** What a sheet says around the picture. */
export interface Heading {
  readonly title: string;
  readonly note: string;
  readonly unit: string;
  readonly ticks: readonly { readonly at: number; readonly text: string }[];
}

/** A matrix as a page of its own: the plot, and everything around and upon its cells. */
export interface Sheet {
  readonly width: number;
  readonly height: number;
  readonly plot: Plot;
  readonly picture: MatrixPicture;
  readonly background: Rgb;
  /** Colour of the line around the plot. */
  readonly frame: Rgb;
  /** Around the plot: heading, names of rows and columns, legend. */
  readonly around: readonly Mark[];
  /** Upon the cells, below their numbers: outlines of groups and blocks, rings. */
  readonly upon: readonly Mark[];
  /** The selection, which lies upon everything. */
  readonly selected: readonly Mark[];
}

const edge = 16;
const rowRoom = 170;
const headRoom = 44;
const footRoom = 62;
const rampWidth = 220;

/** Lay out what is in view, with a plot of this size in CSS px. */
export function sheetOf(model: Model, heading: Heading, size: { width: number; height: number }): Sheet {
  const look = theme(model.dark);
  const plot: Plot = {
    x: edge + rowRoom,
    y: edge + headRoom + margin.top,
    width: size.width,
    height: size.height,
  };
  const picture = createMatrixPictures().picture(model, plot, 1);
  const width = plot.x + plot.width + edge;
  const height = plot.y + plot.height + footRoom + edge;
  return {
    width,
    height,
    plot,
    picture,
    background: look.background,
    frame: look.line,
    around: [
      ...headingMarks(heading, width, look),
      ...columnMarks(picture, look),
      ...rowMarks(picture, look),
      ...legendMarks(model, heading, plot, look),
    ],
    upon: [...outlineMarks(picture, look), ...ringMarks(picture, look)],
    selected: selectionMarks(model, picture, look),
  };
}

function text(
  x: number,
  y: number,
  words: string,
  room: number,
  change: Partial<Mark & { kind: "text" }>,
): Mark {
  return {
    kind: "text",
    x,
    y,
    text: words,
    size: 11,
    bold: false,
    colour: [0, 0, 0],
    anchor: "start",
    up: false,
    room,
    ...change,
  };
}

function headingMarks({ title, note }: Heading, width: number, look: Theme): readonly Mark[] {
  const room = width - 2 * edge;
  return [
    text(edge, edge + 8, title, room, { size: 15, bold: true, colour: look.ink }),
    text(edge, edge + 27, note, room, { size: 11, colour: look.muted }),
  ];
}

function columnMarks({ tree, label, columns, plot }: MatrixPicture, look: Theme): readonly Mark[] {
  const { groups, names } = columnLabels(tree, columns, textLine);
  const top = plot.y - margin.top;
  const marks: Mark[] = [];
  for (const { node, start, stop } of groups) {
    const [from, to] = [plot.x + start, plot.x + stop];
    marks.push(
      stroke(
        [
          [from + 1, top + groupLine],
          [to - 1, top + groupLine],
        ],
        look.line,
      ),
    );
    marks.push(
      text((from + to) / 2, top + groupLine - 9, label[node] ?? "", to - from - 6, {
        size: 12,
        bold: true,
        anchor: "middle",
        colour: look.ink,
      }),
    );
  }
  for (const { node, start, stop } of names) {
    const room = margin.top - groupLine - 9;
    const colour = tree.classId[node] >= 0 ? look.ink : look.muted;
    marks.push(text(plot.x + (start + stop) / 2, plot.y - 5, label[node] ?? "", room, { up: true, colour }));
  }
  return marks;
}

function rowMarks({ tree, label, rows, plot }: MatrixPicture, look: Theme): readonly Mark[] {
  const { groups, names } = columnLabels(tree, rows, textLine);
  const left = plot.x - rowRoom;
  const marks: Mark[] = [];
  for (const { node, start, stop } of groups) {
    const [from, to] = [plot.y + start, plot.y + stop];
    marks.push(
      stroke(
        [
          [left + groupLine, from + 1],
          [left + groupLine, to - 1],
        ],
        look.line,
      ),
    );
    marks.push(
      text(left + groupLine - 9, (from + to) / 2, label[node] ?? "", to - from - 6, {
        size: 12,
        bold: true,
        anchor: "middle",
        up: true,
        colour: look.ink,
      }),
    );
  }
  for (const { node, start, stop } of names) {
    const colour = tree.classId[node] >= 0 ? look.ink : look.muted;
    marks.push(
      text(plot.x - 5, plot.y + (start + stop) / 2, label[node] ?? "", rowRoom - groupLine - 9, {
        anchor: "end",
        colour,
      }),
    );
  }
  return marks;
}

function legendMarks(
  { state, dark, mapped }: Model,
  { unit, ticks }: Heading,
  plot: Plot,
  look: Theme,
): readonly Mark[] {
  const y = plot.y + plot.height + 20;
  const ramp = colourMaps[state.encoding.colours];
  const colours = Array.from({ length: 17 }, (_, i) => rampColour(ramp, dark, i / 16));
  const { scale } = state.encoding;
  const hatched = mapped.undefinedRow || mapped.undefinedCol ? "; hatched: undefined" : "";
  return [
    { kind: "ramp", x: plot.x, y, width: rampWidth, height: 10, colours },
    ...ticks.map((tick) =>
      text(plot.x + tick.at * rampWidth, y + 20, tick.text, rampWidth, {
        anchor: tick.at === 0 ? "start" : tick.at === 1 ? "end" : "middle",
        colour: look.muted,
      }),
    ),
    text(plot.x + rampWidth + 12, y + 5, `${unit}, ${scale} scale`, plot.width - rampWidth - 12, {
      colour: look.ink,
    }),
    text(
      plot.x + rampWidth + 12,
      y + 20,
      `rows true, columns predicted${hatched}`,
      plot.width - rampWidth - 12,
      {
        colour: look.muted,
      },
    ),
  ];
}

function outlineMarks({ tree, plot, columns, rows, cuts }: MatrixPicture, look: Theme): readonly Mark[] {
  const marks: Mark[] = [];
  for (const { depth, x0, y0, x1, y1 } of groupBoxes(tree, plot, columns, rows, leastGroup)) {
    marks.push(box(x0, y0, x1, y1, groupColour(depth, cuts !== null, look), 1));
  }
  if (cuts === null) return marks;
  const strong = mix(look.background, look.ink, 0.88);
  for (let k = 0; k + 1 < cuts.length; k++) {
    const x = (leaf: number) => plot.x + (leaf - columns.start) * columns.scale;
    const y = (leaf: number) => plot.y + (leaf - rows.start) * rows.scale;
    marks.push(box(x(cuts[k]), y(cuts[k]), x(cuts[k + 1]), y(cuts[k + 1]), strong, 1.5));
  }
  return marks;
}

function ringMarks({ plot, columns, rows, rings }: MatrixPicture, look: Theme): readonly Mark[] {
  return rings
    .filter(
      ({ row, col }) =>
        row >= rows.start && row + 1 <= rows.stop && col >= columns.start && col + 1 <= columns.stop,
    )
    .map(({ row, col }) => ({
      kind: "ring",
      x: plot.x + (col + 0.5 - columns.start) * columns.scale,
      y: plot.y + (row + 0.5 - rows.start) * rows.scale,
      radius: ringRadius(Math.max(columns.scale, rows.scale), 1),
      colour: look.accent,
    }));
}

function selectionMarks(
  { state }: Model,
  { plot, columns, rows }: MatrixPicture,
  look: Theme,
): readonly Mark[] {
  const { selection } = state;
  const x = (at: number) => plot.x + (at - columns.start) * columns.scale;
  const y = (at: number) => plot.y + (at - rows.start) * rows.scale;
  if (selection.kind === "cells") {
    return selection.boxes.map(({ rows: down, cols }) =>
      box(x(cols.start), y(down.start), x(cols.stop), y(down.stop), look.accent, 1.5),
    );
  }
  if (selection.kind !== "lasso") return [];
  const points = selection.polygon.map(([col, row]) => [x(col), y(row)] as const);
  return [{ kind: "line", points, closed: true, colour: look.accent, width: 1.5, clipped: true }];
}

function stroke(points: readonly (readonly [number, number])[], colour: Rgb): Mark {
  return { kind: "line", points, closed: false, colour, width: 1, clipped: false };
}

function box(x0: number, y0: number, x1: number, y1: number, colour: Rgb, width: number): Mark {
  const points = [
    [x0, y0],
    [x1, y0],
    [x1, y1],
    [x0, y1],
  ] as const;
  return { kind: "line", points, closed: true, colour, width, clipped: true };
}

/** Cut a text to its room. */
export function cut(words: string, room: number, widthOf: (words: string) => number): string {
  if (widthOf(words) <= room) return words;
  let length = words.length;
  while (length > 0 && widthOf(`${words.slice(0, length)}…`) > room) length--;
  return length < 3 ? "" : `${words.slice(0, length).trimEnd()}…`;
}
