import type { Cut } from "./core/branches";
import type { CellIndex, Classes, Filtered, GroupMetrics, ResponseBlock, Rows, Tree } from "./core/data";
import type { Scale } from "./core/scale";
import type { Mapped } from "./core/values";
import type { Outliers, PartitionAnswer } from "./source/answers";
import type { Action } from "./state/actions";
import type { Cell } from "./state/cell";
import type { AppState, Range } from "./state/state";

/** Everything the views draw, derived from data and state. Fields keep their identity until their inputs change. */
export interface Model {
  readonly state: AppState;
  readonly dark: boolean;
  readonly classes: Classes;
  readonly tree: Tree;
  /** By node: what is written where space is tight, the short class name on a leaf. */
  readonly label: readonly string[];
  readonly cells: CellIndex;
  readonly rows: Rows | null;
  readonly filtered: Filtered;
  readonly groups: GroupMetrics;
  /** Samples of the largest mapped cell (diagonal left out when hidden), at least 1. */
  readonly maxCount: number;
  /** What the cells are coloured by, with the largest value in its unit; found when asked for, like its colour scale. */
  readonly mapped: Mapped;
  readonly scale: Scale;
  /** Node values for the icicle: a rate in [0, 1], a change in [−1, 1], the number of a layer, or the neuron's mean response. NaN is undefined. */
  readonly nodeValue: Float64Array;
  readonly nodeRange: readonly [number, number];
  /** Names of the layers that node values number; empty unless they do. */
  readonly layerNames: readonly string[];
  readonly responses: ResponseBlock | null;
  /** Rows (positions in Rows) of the selection after the filters, or null when nothing is selected; found when asked for. */
  readonly selectedRows: Uint32Array | null;
  readonly selectionLabel: string;
  /** Blocks to outline, along the leaves shown; null without a partition. */
  readonly partition: PartitionAnswer | null;
  /** Confusions between these blocks; null without a partition. */
  readonly outliers: Outliers | null;
  /** Groups of the branch under edit, by row of the tree; null while none is. */
  readonly cut: Cut | null;
}

export type Hover =
  | { readonly kind: "node"; readonly node: number }
  /** With the cells that share its pixel, of which it is the strongest, where there are several. */
  | {
      readonly kind: "cell";
      readonly row: number;
      readonly col: number;
      readonly tile?: { readonly rows: Range; readonly cols: Range };
    }
  /** Cells of a block, or between two blocks. */
  | { readonly kind: "region"; readonly rows: Range; readonly cols: Range }
  | { readonly kind: "response"; readonly leaf: number; readonly column: number; readonly position: number }
  | { readonly kind: "neuron"; readonly column: number };

/** Where the pointer is and the edges of what it is on, in CSS px of the window. */
export interface Pointer {
  readonly x: number;
  readonly y: number;
  readonly around?: {
    readonly left: number;
    readonly top: number;
    readonly right: number;
    readonly bottom: number;
  };
}

/** What a view is given: a way to act, and the hover it shares with all others. */
export interface ViewContext {
  dispatch(action: Action): void;
  readonly hover: Cell<Hover | null>;
  /** Null when the pointer is over no view. */
  readonly pointer: Cell<Pointer | null>;
}

/** A mounted canvas view. */
export interface View {
  update(model: Model): void;
  destroy(): void;
}
