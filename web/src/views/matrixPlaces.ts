import { matrixAxes } from "../draw/matrixPicture";
import type { Surface } from "../draw/surface";
import { type Axis, leafAt, squarePlot } from "../layout/frame";
import { hitColumnLabel } from "../layout/labels";
import type { LeafPoint } from "../layout/lasso";
import { hitMatrix, type MatrixScene, type MatrixTarget } from "../layout/matrix";
import { hitTile, pixelShift } from "../layout/pyramid";
import type { Region } from "../layout/regions";
import type { Model, Pointer } from "../model";
import type { Range } from "../state/state";
import type { Point } from "./pointer";

/** Cells smaller than this many CSS px are picked from their surroundings. */
const reachCss = 5;

/** What is where in the element of a matrix; lengths are CSS px. */
export interface MatrixPlaces {
  targetAt(model: Model, scene: MatrixScene, point: Point): MatrixTarget | null;
  /** Node of the name above the columns, or −1. */
  labelAt(model: Model, point: Point): number;
  regionAround(model: Model, region: Region): Pointer["around"];
  labelAround(model: Model, node: number): Pointer["around"];
  boxBetween(model: Model, from: Point, to: Point): Region;
  /** Inside the plot. */
  leafPoint(model: Model, point: Point): LeafPoint;
  /** Leaves per CSS px. */
  leavesPerPixel(model: Model): { readonly x: number; readonly y: number };
}

export function matrixPlaces(surface: Surface): MatrixPlaces {
  const stand = (model: Model) => {
    const plot = squarePlot(surface);
    return { plot, ...matrixAxes(model, plot) };
  };
  return {
    targetAt(model, scene, point) {
      const { plot, columns, rows } = stand(model);
      const hit = pixelShift(Math.max(columns.scale, rows.scale)) > 0 ? hitTile : hitMatrix;
      return hit(scene, columns, rows, point.x - plot.x, point.y - plot.y, reachCss);
    },
    labelAt(model, point) {
      const { plot, columns } = stand(model);
      if (point.y < 0 || point.y >= plot.y) return -1;
      return hitColumnLabel(model.tree, columns, point.x - plot.x, point.y);
    },
    regionAround(model, region) {
      const { plot, columns, rows } = stand(model);
      const x = (leaf: number) => plot.x + clip((leaf - columns.start) * columns.scale, plot.width);
      const y = (leaf: number) => plot.y + clip((leaf - rows.start) * rows.scale, plot.height);
      return surface.toClient(
        x(region.cols.start),
        y(region.rows.start),
        x(region.cols.stop),
        y(region.rows.stop),
      );
    },
    labelAround(model, node) {
      const { plot, columns } = stand(model);
      const x = (leaf: number) => plot.x + clip((leaf - columns.start) * columns.scale, plot.width);
      return surface.toClient(x(model.tree.start[node]), 0, x(model.tree.stop[node]), plot.y);
    },
    boxBetween(model, from, to) {
      const { plot, columns, rows } = stand(model);
      const n = model.cells.nClasses;
      return {
        rows: rangeBetween(rows, from.y - plot.y, to.y - plot.y, n),
        cols: rangeBetween(columns, from.x - plot.x, to.x - plot.x, n),
      };
    },
    leafPoint(model, point) {
      const { plot, columns, rows } = stand(model);
      return [
        columns.start + clip(point.x - plot.x, plot.width) / columns.scale,
        rows.start + clip(point.y - plot.y, plot.height) / rows.scale,
      ];
    },
    leavesPerPixel(model) {
      const { columns, rows } = stand(model);
      return { x: 1 / columns.scale, y: 1 / rows.scale };
    },
  };
}

function clip(position: number, most: number): number {
  return Math.min(most, Math.max(0, position));
}

function rangeBetween(along: Axis, a: number, b: number, nClasses: number): Range {
  const inside = (position: number) => clip(position, along.pixels - 1e-6);
  return {
    start: leafAt(along, inside(Math.min(a, b)), nClasses),
    stop: leafAt(along, inside(Math.max(a, b)), nClasses) + 1,
  };
}
