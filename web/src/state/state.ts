/** The one immutable, serialisable state of a mounted app; the URL hash is this object. */
export interface AppState {
  /** Result set by name; null until the manifest has one. */
  readonly result: string | null;
  /** Follow the newest result set while a recording or training runs. */
  readonly follow: boolean;
  /** Coordinate that the slider moves along; null chooses one (`lineOf`). */
  readonly along: Axis | null;
  readonly hierarchy: string | null;
  readonly tab: Tab;
  /** What a drag over the matrix draws. */
  readonly tool: Tool;
  /** What the panel at the right shows. */
  readonly side: Side;
  /** Unsaved edits of a hierarchy; shown while `base` is the current hierarchy. */
  readonly draft: Draft | null;
  /** A refinement asked for and shown in place, neither accepted nor rejected yet. */
  readonly proposal: Proposal | null;
  readonly workbench: Workbench;
  /** Branches for training: how they are suggested, and those chosen instead. */
  readonly branches: BranchState;
  /** Hierarchy the current one is compared with. */
  readonly compare: string | null;
  /** Result set that the one shown is compared with; null chooses one (`chosenBaseline`). */
  readonly baseline: string | null;
  /** Whether the classes are listed by their change since the baseline. */
  readonly perClass: boolean;
  readonly partition: PartitionChoice | null;
  /** Groups put side by side, by wire node. */
  readonly pins: readonly number[];
  /** Visible rectangle in leaf units; null shows everything. Icicle and response map share its y. */
  readonly viewport: Rect | null;
  readonly selection: Selection;
  readonly filter: Filter;
  readonly encoding: Encoding;
  readonly icicle: IcicleState;
  readonly responses: ResponseState;
  readonly samples: SampleState;
}

export type Tab = "matrix" | "responses";

export type Tool = "box" | "lasso";

export type Side = "samples" | "blocks" | "hierarchy" | "groups" | "branches" | "findings";

/** A coordinate in which result sets of one network differ. */
export type Axis = "epoch" | "layer";

/** Part of the hierarchy panel that is open. */
export type Workbench = "edit" | "compare" | "repair";

/**
 * One change of a tree. Nodes are named as on the wire; nodes that edits add are numbered on from there, in the order
 * of the edits, and keep their number for ever. Leaves never change theirs. Groups left empty or with one child vanish.
 */
export type Edit =
  | { readonly kind: "rename"; readonly node: number; readonly name: string }
  /** Put nodes below `into`, before its child `before`, or last. */
  | {
      readonly kind: "move";
      readonly nodes: readonly number[];
      readonly into: number;
      readonly before: number | null;
    }
  /** Put nodes into a new group, at the place of the first one. */
  | { readonly kind: "group"; readonly nodes: readonly number[]; readonly name: string }
  /** Fuse groups: the children of all go into the first one. */
  | { readonly kind: "merge"; readonly nodes: readonly number[] }
  /** Take a group away; its children stay in its place. */
  | { readonly kind: "dissolve"; readonly node: number }
  /** An accepted refinement: the tree below `node` in preorder, its root first; `how` says how it was made. */
  | {
      readonly kind: "replace";
      readonly node: number;
      readonly parent: readonly number[];
      readonly classId: readonly number[];
      readonly names: readonly string[];
      readonly how: Readonly<Record<string, string | number>>;
    };

export interface Draft {
  readonly base: string;
  readonly edits: readonly Edit[];
}

export interface Proposal {
  readonly node: number;
  readonly method: string;
  readonly source: "confusions" | "logits";
  readonly seed: number;
}

export type Objective = "size_weighted" | "pooled" | "modularity" | "least_squares" | "mean_density";

/** A branch as chosen: its groups are the nodes of a cut through the tree, by wire number. */
export interface BranchChoice {
  readonly layer: string;
  readonly nodes: readonly number[];
  /** Of its loss beside the main one. */
  readonly weight: number;
}

export interface BranchState {
  /** Share of the network's own recall that every suggested group keeps. */
  readonly tau: number;
  /** Most groups of a suggested branch; null leaves it to the server. */
  readonly most: number | null;
  /** Weight of branches that are suggested or added. */
  readonly weight: number;
  /** Null takes the suggestion. */
  readonly plan: readonly BranchChoice[] | null;
  /** The branch whose groups are shown, by position in the plan. */
  readonly at: number;
}

/** A partition by how it was made, so that it stays while filters change: result set and filter are those of then. */
export interface PartitionChoice {
  readonly nBlocks: number | "auto";
  readonly objective: Objective;
  readonly along: "order" | "tree";
  readonly result: string;
  readonly filter: Omit<Filter, "activation">;
}

export interface Rect {
  readonly x0: number;
  readonly y0: number;
  readonly x1: number;
  readonly y1: number;
}

/** Half-open range of leaves. */
export interface Range {
  readonly start: number;
  readonly stop: number;
}

/** TP, FP and FN of a group as in METHODS §8.1; `both` is everything whose true or predicted class is in it. */
export type Part = "both" | "tp" | "tp_correct" | "tp_confused" | "fp" | "fn" | "true" | "pred";

export type Selection =
  | { readonly kind: "none" }
  /** Tree nodes of the current hierarchy (row numbers as on the wire, whatever the sorting). */
  | { readonly kind: "groups"; readonly nodes: readonly number[]; readonly part: Part }
  /** Boxes of cells, in leaf units of the current order. */
  | { readonly kind: "cells"; readonly boxes: readonly { readonly rows: Range; readonly cols: Range }[] }
  /** Cells whose middle lies inside a polygon of (column, row) points in leaf units. */
  | { readonly kind: "lasso"; readonly polygon: readonly (readonly [number, number])[] }
  /** The samples that activate a neuron most. */
  | { readonly kind: "top"; readonly layer: string; readonly neuron: number };

/** Bounds are inclusive and compared as float32, exactly as core does. */
export interface Filter {
  /** Drop samples whose true class is among the k best: 0 keeps all, 1 all errors, 5 the top-5 errors. */
  readonly topK: number;
  readonly pPred: readonly [number, number];
  readonly pTrue: readonly [number, number];
  /** Keep cells with at least this many samples (after the sample filters). */
  readonly minCount: number;
  /** Keep samples whose collective response of one neuron is at least `min`. */
  readonly activation: { readonly layer: string; readonly neuron: number; readonly min: number } | null;
}

/** Counts, or rates: of the true class (row), of the predicted class (column), or of both, the same both ways (pair). */
export type CellValue = "count" | "row" | "column" | "pair";

export type ColourMap = "blue" | "viridis" | "cividis" | "grey";

export interface Encoding {
  readonly value: CellValue;
  readonly scale: "linear" | "log" | "rank";
  readonly colours: ColourMap;
  readonly diagonal: boolean;
  readonly halo: boolean;
  /** Frozen maximum of the colour scale, in the unit of `value`; null follows the mapped cells. */
  readonly frozenMax: number | null;
  /** Frozen beginning of the scale of a rate; null for counts, which begin at 1. */
  readonly frozenMin: number | null;
  /** Ring what stands out between the blocks of a partition. */
  readonly outliers: boolean;
  /** Pixels that several cells share show how many samples these hold together, not the strongest cell. */
  readonly sums: boolean;
}

export type GroupMetric = "precision" | "recall" | "f1";

export interface IcicleState {
  /**
   * `inside` is the accuracy among the samples that stay in the group, `change` that of `metric` since the baseline,
   * `probe` the recall of a classifier on the layer `probe`, `separation` the first layer that tells the group.
   */
  readonly colour: GroupMetric | "inside" | "change" | "neuron" | "agreement" | "probe" | "separation";
  /** Layer whose probe is meant; null while none was chosen. */
  readonly probe: string | null;
  /** Metric whose change is coloured and whose course over the epochs is shown. */
  readonly metric: GroupMetric;
  readonly sort: "hierarchy" | "name" | "size" | GroupMetric;
  readonly descending: boolean;
}

export interface ResponseState {
  readonly layer: string | null;
  /** Response from which a cell is yellow; null chooses the 95th percentile of the shown values. */
  readonly threshold: number | null;
  readonly order: "relevance" | "mean" | "index";
  readonly neuron: number | null;
  /** First column shown, in neurons of the current order. */
  readonly page: number;
  /** Nodes that the order by relevance is for: the groups selected last, so that a look at one neuron moves no column. */
  readonly nodes: readonly number[];
}

export interface SampleState {
  readonly groupBy: "true" | "pred" | "none";
  readonly sort: "p_pred" | "p_true" | "sample";
  readonly descending: boolean;
  /** Opened group of the sample viewer (class_id), null shows one representative per group. */
  readonly open: number | null;
  /** Sample shown in the detail panel. */
  readonly detail: number | null;
  readonly side: number;
}

export const initialState: AppState = {
  result: null,
  follow: true,
  along: null,
  hierarchy: null,
  tab: "matrix",
  tool: "box",
  side: "samples",
  draft: null,
  proposal: null,
  workbench: "edit",
  branches: { tau: 0.8, most: null, weight: 0.3, plan: null, at: 0 },
  compare: null,
  baseline: null,
  perClass: false,
  partition: null,
  pins: [],
  viewport: null,
  selection: { kind: "none" },
  filter: { topK: 0, pPred: [0, 1], pTrue: [0, 1], minCount: 1, activation: null },
  encoding: {
    value: "count",
    scale: "log",
    colours: "blue",
    diagonal: false,
    halo: true,
    frozenMax: null,
    frozenMin: null,
    outliers: true,
    sums: false,
  },
  icicle: { colour: "recall", probe: null, metric: "recall", sort: "hierarchy", descending: false },
  responses: { layer: null, threshold: null, order: "relevance", neuron: null, page: 0, nodes: [] },
  samples: { groupBy: "true", sort: "p_pred", descending: true, open: null, detail: null, side: 64 },
};
