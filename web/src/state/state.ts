/** The one immutable, serialisable state of a mounted app; the URL hash is this object. */
export interface AppState {
  /** Result set by name; null until the manifest has one. */
  readonly result: string | null;
  /** Follow the newest result set while a recording or training runs. */
  readonly follow: boolean;
  readonly hierarchy: string | null;
  readonly tab: Tab;
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

export interface Encoding {
  readonly scale: "linear" | "log";
  readonly diagonal: boolean;
  readonly halo: boolean;
  /** Frozen maximum of the colour scale; null follows the mapped cells. */
  readonly frozenMax: number | null;
}

export type GroupMetric = "precision" | "recall" | "f1";

export interface IcicleState {
  readonly colour: GroupMetric | "neuron";
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
  hierarchy: null,
  tab: "matrix",
  viewport: null,
  selection: { kind: "none" },
  filter: { topK: 0, pPred: [0, 1], pTrue: [0, 1], minCount: 1, activation: null },
  encoding: { scale: "log", diagonal: false, halo: true, frozenMax: null },
  icicle: { colour: "recall", sort: "hierarchy", descending: false },
  responses: { layer: null, threshold: null, order: "relevance", neuron: null, page: 0, nodes: [] },
  samples: { groupBy: "true", sort: "p_pred", descending: true, open: null, detail: null, side: 64 },
};
