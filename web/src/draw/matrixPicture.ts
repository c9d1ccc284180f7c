import type { Scale } from "../core/scale";
import type { Mapped } from "../core/values";
import { type Axis, axis, type Plot, visibleRect } from "../layout/frame";
import { type MatrixScene, matrixScene, orderCells, paletteLevel } from "../layout/matrix";
import { ringsOf } from "../layout/regions";
import { memo } from "../memo";
import type { Model } from "../model";
import type { MatrixPicture } from "./matrix";
import type { Summing } from "./matrixPyramid";

/** Makes what is drawn of a model; one per view, because it keeps what the next frame needs. */
export interface MatrixPictures {
  scene(model: Model): MatrixScene;
  /** `plot` is in device pixels. */
  picture(model: Model, plot: Plot, ratio: number): MatrixPicture;
}

/** Make the pictures of one view. */
export function createMatrixPictures(): MatrixPictures {
  const orderOf = memo(orderCells);
  const colouredOf = memo(matrixScene);
  const rings = memo(ringsOf);
  function scene(model: Model): MatrixScene {
    const { mapped, scale, state, tree } = model;
    return colouredOf(orderOf(tree, mapped.pattern), mapped, scale, state.encoding.diagonal);
  }
  return {
    scene,
    picture(model, plot, ratio) {
      const { encoding } = model.state;
      return {
        scene: scene(model),
        tree: model.tree,
        label: model.label,
        mapped: model.mapped,
        plot,
        ...matrixAxes(model, plot),
        ratio,
        dark: model.dark,
        colours: encoding.colours,
        halo: encoding.halo,
        summing: encoding.sums ? summing(model.mapped, model.scale) : null,
        diagonal: encoding.diagonal,
        cuts: model.partition?.cuts ?? null,
        rings: encoding.outliers && model.outliers ? rings(model.tree, model.outliers) : [],
      };
    },
  };
}

// Rates of several cells do not add up to one.
function summing({ kind, value }: Mapped, scale: Scale): Summing | null {
  if (kind !== "count") return null;
  return { count: value as Int32Array, levelOf: (count) => paletteLevel(scale.position(count)) };
}

/** Columns and rows in view, along a plot. */
export function matrixAxes(model: Model, plot: Plot): { readonly columns: Axis; readonly rows: Axis } {
  const n = model.cells.nClasses;
  const rect = visibleRect(model.state.viewport, n);
  return {
    columns: axis(rect.x0, rect.x1, plot.width, n),
    rows: axis(rect.y0, rect.y1, plot.height, n),
  };
}
