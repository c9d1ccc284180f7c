import type { Bits } from "./bits";

/**
 * Tree in the current child order: preorder arrays, root 0; `wireNode` is what selections and edits call a
 * node: its row on the wire, or the number an edit gave it. `nodeOfWire` is −1 for nodes that edits took away. */
export interface Tree {
  readonly nNodes: number;
  readonly parent: Int32Array;
  readonly start: Int32Array;
  readonly stop: Int32Array;
  readonly depth: Int32Array;
  readonly maxDepth: number;
  /** class_id of a leaf, −1 for inner nodes. */
  readonly classId: Int32Array;
  readonly name: readonly string[];
  readonly aliases: readonly string[];
  readonly wireNode: Int32Array;
  readonly nodeOfWire: Int32Array;
  readonly classOfLeaf: Int32Array;
  readonly leafOfClass: Int32Array;
  readonly nodeOfLeaf: Int32Array;
}

export interface Classes {
  readonly name: readonly string[];
  /** Names for where space is tight, without synonyms; unique like the full ones. */
  readonly short: readonly string[];
  readonly key: readonly string[];
}

/** The non-empty cells of one result set, sorted by true, then pred; `rowStart` has one entry more than cells. */
export interface CellIndex {
  readonly nClasses: number;
  readonly nSamples: number;
  readonly true: Uint16Array | Int32Array;
  readonly pred: Uint16Array | Int32Array;
  readonly count: Int32Array;
  readonly rowStart: Uint32Array;
}

/** Rows of one result set, in the order of CellIndex. */
export interface Rows {
  readonly sample: Int32Array;
  readonly pTrue: Float32Array;
  readonly pPred: Float32Array;
  readonly trueRank: Int16Array | Int32Array;
}

/** Counts after the filters, one entry per cell of CellIndex; `keep` is null when every row is kept. */
export interface Filtered {
  readonly count: Int32Array;
  readonly keep: Bits | null;
  readonly nShown: number;
}

/**
 * One entry per node of Tree; NaN is undefined. Counted after all sample filters but the rank's, which would leave no
 * class a true positive, and without the filter of cells by value; diagonal included.
 */
export interface GroupMetrics {
  readonly tp: Float64Array;
  readonly fp: Float64Array;
  readonly fn: Float64Array;
  readonly precision: Float64Array;
  readonly recall: Float64Array;
  readonly f1: Float64Array;
}

/** A page of the response map in column order. `value` is (class_id, column, position) row-major; NaN = class without samples. */
export interface ResponseBlock {
  readonly layer: string;
  readonly side: number;
  readonly nNeurons: number;
  readonly neurons: Int32Array;
  readonly value: Float32Array;
  /** By neuron number: what the header colour and the order show. */
  readonly score: Float32Array;
  readonly scoreName: string;
  readonly threshold: number;
  readonly maximum: number;
}
