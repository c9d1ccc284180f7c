import { indexCells } from "../core/cells";
import type { CellIndex, Classes, Rows } from "../core/data";
import type { HierarchyColumns } from "../core/hierarchy";
import { shortNames } from "../core/names";
import type { Separability } from "../core/separability";

import type { Column, Message, Reply } from "./source";

/** Whole rows of the samples asked for, in the order asked. */
export interface SampleDetails {
  readonly sample: Int32Array;
  readonly sampleId: readonly string[];
  readonly true: Int32Array;
  readonly pred: Int32Array;
  readonly trueRank: Int32Array;
  readonly pTrue: Float32Array;
  readonly pPred: Float32Array;
  readonly uri: readonly string[];
  readonly thumb: readonly string[];
  /** Best classes with their probabilities, best first: one entry per rank, each by sample. */
  readonly top: readonly { readonly classId: Int32Array; readonly prob: Float32Array }[];
  readonly user: readonly { readonly name: string; readonly value: readonly string[] }[];
}

/** By neuron. `scoreName` says how `score` was computed. */
export interface Relevance {
  readonly score: Float32Array;
  readonly scoreName: string;
  readonly meanIn: Float32Array;
  readonly meanAll: Float32Array;
}

/** `value` is (class_id, neuron as asked, position), row-major. */
export interface Profile {
  readonly value: Float32Array;
  readonly shape: readonly [number, number, number];
}

/** Collective mean of one neuron and number of samples, by class_id. */
export interface NeuronMeans {
  readonly mean: Float32Array;
  readonly count: Int32Array;
}

export interface TopSamples {
  readonly sample: Int32Array;
  readonly value: Float32Array;
}

/** Blocks along the order: block k is the leaves `cuts[k] .. cuts[k + 1]`. */
export interface PartitionAnswer {
  readonly cuts: Int32Array;
  /** By block; samples off the diagonal, cells, samples a cell (NaN for a block of one class). */
  readonly sum: Float32Array;
  readonly area: Float32Array;
  readonly density: Float32Array;
  readonly value: number;
  /** Share of the errors inside blocks; NaN without errors. */
  readonly inBlockMass: number;
  readonly nBlocks: number;
  /** How the answer is less than exact; empty when it is exact. */
  readonly note: string;
}

/** Confusions between blocks, most samples first. `share` is that of all errors. */
export interface Outliers {
  readonly true: Int32Array;
  readonly pred: Int32Array;
  readonly count: Int32Array;
  readonly expected: Float32Array;
  /** −log10 of the probability of that many or more. */
  readonly surprise: Float32Array;
  readonly lcaHeight: Int32Array;
  readonly nOutliers: number;
  readonly mass: number;
  readonly share: number;
}

export interface Criteria {
  readonly name: readonly string[];
  readonly value: Float32Array;
  readonly better: readonly string[];
  readonly text: readonly string[];
}

/** A tree for one block, in preorder, root first. `criteria` are before and after. */
export interface Refinement {
  readonly parent: Int32Array;
  readonly class: Int32Array;
  readonly name: readonly string[];
  readonly criteria: Readonly<Record<string, readonly [number, number]>>;
  readonly note: string;
}

/** Samples a filter leaves, by cell; 0 where none is left. */
export interface FilteredCounts {
  readonly count: Int32Array;
  readonly nShown: number;
}

/** By row of the tree asked about: the most similar group of the other one. Pairs are (this, other). */
export interface Comparison {
  readonly best: Int32Array;
  readonly bestName: readonly string[];
  readonly jaccard: Float32Array;
  readonly mass: Float32Array;
  readonly dasgupta: readonly [number, number];
  readonly levelMass: readonly [readonly number[], readonly number[]];
  readonly pairMass: readonly [readonly number[], readonly number[]];
}

/** Moves of `node` beside `beside`, best first; rows of the tree asked about. */
export interface Repairs {
  readonly node: Int32Array;
  readonly beside: Int32Array;
  /** Of the normalised Dasgupta cost; negative is better. */
  readonly change: Float32Array;
  readonly mass: Int32Array;
}

/** Numbers about a result set and a tree; `low` and `high` are NaN where there is no interval. */
export interface Summary {
  readonly name: readonly string[];
  readonly value: Float32Array;
  readonly low: Float32Array;
  readonly high: Float32Array;
  readonly unit: readonly string[];
  readonly text: readonly string[];
}

type Metric = "recall" | "precision" | "f1";

/** Values with the ends of their 95 % interval; NaN is undefined. */
export interface Estimates {
  readonly value: Float32Array;
  readonly low: Float32Array;
  readonly high: Float32Array;
}

/** By row of the tree asked about: the metrics of the result set minus those of the baseline. */
export interface Change extends Readonly<Record<Metric, Estimates>> {
  /** Exact McNemar test of the recalls; NaN unless `isPaired`: both results have the same samples. */
  readonly recallP: Float32Array;
  readonly isPaired: boolean;
}

/** The metrics of some groups in several results: (nodes as asked, results as asked), row-major. */
export interface Course extends Readonly<Record<Metric, Estimates>> {
  readonly nNodes: number;
  readonly nResults: number;
}

/** Branches that a server suggests: one row per branch and group, which is a row of the tree asked about. */
export interface Suggestion {
  readonly branch: Int32Array;
  readonly node: Int32Array;
  /** By branch. */
  readonly layers: readonly string[];
  readonly note: string;
}

/** Saved branches: one row per branch and group, which is a row of the tree asked about. */
export interface SavedBranches {
  readonly branch: Int32Array;
  readonly node: Int32Array;
  /** By branch. */
  readonly layers: readonly string[];
  readonly weights: readonly number[];
}

/** What each view's reply becomes. */
export interface Answers {
  readonly classes: Classes;
  readonly hierarchy: HierarchyColumns;
  readonly cells: CellIndex;
  readonly rows: Rows;
  readonly samples: SampleDetails;
  readonly relevance: Relevance;
  readonly profile: Profile;
  readonly activations: Float32Array;
  readonly neuron: NeuronMeans;
  readonly top_samples: TopSamples;
  readonly partition: PartitionAnswer;
  readonly outliers: Outliers;
  readonly criteria: Criteria;
  readonly filtered: FilteredCounts;
  readonly refine: Refinement;
  readonly compare: Comparison;
  readonly repair: Repairs;
  readonly summary: Summary;
  readonly change: Change;
  readonly series: Course;
  readonly separability: Separability;
  readonly suggest: Suggestion;
  readonly branches: SavedBranches;
}

export type View = Message["view"];
export type MessageOf<V extends View> = Extract<Message, { view: V }>;

const readers: { readonly [V in View]: (reply: Reply) => Answers[V] } = {
  classes(reply) {
    const name = strings(reply, "name");
    return { name, short: shortNames(name), key: strings(reply, "key") };
  },
  hierarchy: (reply) => ({
    parent: int32(reply, "parent"),
    start: int32(reply, "start"),
    stop: int32(reply, "stop"),
    depth: int32(reply, "depth"),
    class: int32(reply, "class"),
    name: strings(reply, "name"),
    aliases: strings(reply, "aliases"),
  }),
  cells: readCells,
  rows: (reply) => ({
    sample: int32(reply, "sample"),
    pTrue: float32(reply, "p_true"),
    pPred: float32(reply, "p_pred"),
    trueRank: typed(reply, "true_rank", Int16Array, Int32Array),
  }),
  samples: readSamples,
  relevance: (reply) => ({
    score: float32(reply, "score"),
    scoreName: text(reply, "score"),
    meanIn: float32(reply, "mean_in"),
    meanAll: float32(reply, "mean_all"),
  }),
  profile: (reply) => ({ value: float32(reply, "value"), shape: shape3(reply) }),
  activations: (reply) => float32(reply, "value"),
  neuron: (reply) => ({ mean: float32(reply, "mean"), count: int32(reply, "count") }),
  partition: readPartition,
  outliers: (reply) => ({
    true: int32(reply, "true"),
    pred: int32(reply, "pred"),
    count: int32(reply, "count"),
    expected: float32(reply, "expected"),
    surprise: float32(reply, "surprise"),
    lcaHeight: int32(reply, "lca_height"),
    nOutliers: number(reply, "n_outliers"),
    mass: number(reply, "mass"),
    share: numberOrNaN(reply, "share"),
  }),
  filtered: (reply) => ({ count: int32(reply, "count"), nShown: number(reply, "n_shown") }),
  criteria: (reply) => ({
    name: strings(reply, "name"),
    value: float32(reply, "value"),
    better: strings(reply, "better"),
    text: strings(reply, "text"),
  }),
  refine: (reply) => ({
    parent: int32(reply, "parent"),
    class: int32(reply, "class"),
    name: strings(reply, "name"),
    criteria: json(reply, "criteria") as Refinement["criteria"],
    note: reply.metadata.get("note") ?? "",
  }),
  branches: (reply) => ({
    branch: int32(reply, "branch"),
    node: int32(reply, "node"),
    layers: json(reply, "layers") as readonly string[],
    weights: json(reply, "weights") as readonly number[],
  }),
  compare: (reply) => ({
    best: int32(reply, "best"),
    bestName: strings(reply, "best_name"),
    jaccard: float32(reply, "jaccard"),
    mass: float32(reply, "mass"),
    dasgupta: json(reply, "dasgupta") as Comparison["dasgupta"],
    levelMass: json(reply, "level_mass") as Comparison["levelMass"],
    pairMass: json(reply, "pair_mass") as Comparison["pairMass"],
  }),
  repair: (reply) => ({
    node: int32(reply, "node"),
    beside: int32(reply, "beside"),
    change: float32(reply, "change"),
    mass: int32(reply, "mass"),
  }),
  summary: (reply) => ({
    name: strings(reply, "name"),
    value: float32(reply, "value"),
    low: float32(reply, "low"),
    high: float32(reply, "high"),
    unit: strings(reply, "unit"),
    text: strings(reply, "text"),
  }),
  change: (reply) => ({
    ...estimatesByMetric(reply),
    recallP: float32(reply, "recall_p"),
    isPaired: text(reply, "paired") === "true",
  }),
  series(reply) {
    const [nNodes, nResults] = text(reply, "shape").split(",").map(Number) as [number, number];
    const course = { ...estimatesByMetric(reply), nNodes, nResults };
    if (course.recall.value.length === nNodes * nResults) return course;
    throw new Error("metadata 'shape' of 'series' is not that of its columns");
  },
  top_samples: (reply) => ({ sample: int32(reply, "sample"), value: float32(reply, "value") }),
  separability: readSeparability,
  suggest: (reply) => ({
    branch: int32(reply, "branch"),
    node: int32(reply, "node"),
    layers: json(reply, "layers") as readonly string[],
    note: reply.metadata.get("note") ?? "",
  }),
};

/** Give a reply its named, typed form; a missing or differently typed column is an error that names it. */
export function readAnswer<V extends View>(view: V, reply: Reply): Answers[V] {
  return readers[view](reply);
}

function readCells(reply: Reply): CellIndex {
  return indexCells(
    typed(reply, "true", Uint16Array, Int32Array),
    typed(reply, "pred", Uint16Array, Int32Array),
    int32(reply, "count"),
    number(reply, "n_classes"),
    number(reply, "n_samples"),
  );
}

function readPartition(reply: Reply): PartitionAnswer {
  const nBlocks = number(reply, "n_blocks");
  return {
    cuts: int32(reply, "cut"),
    sum: float32(reply, "sum").subarray(0, nBlocks),
    area: float32(reply, "area").subarray(0, nBlocks),
    density: float32(reply, "density").subarray(0, nBlocks),
    value: numberOrNaN(reply, "value"),
    inBlockMass: numberOrNaN(reply, "in_block_mass"),
    nBlocks,
    note: reply.metadata.get("note") ?? "",
  };
}

function readSeparability(reply: Reply): Separability {
  const [nRows, nNodes] = text(reply, "shape").split(",").map(Number) as [number, number];
  const layers = json(reply, "layers") as readonly string[];
  const tp = int32(reply, "tp");
  if (tp.length !== nRows * nNodes || nRows !== layers.length + 1) {
    throw new Error("metadata 'shape' of 'separability' is not that of its columns");
  }
  const counts = { tp, support: int32(reply, "support"), predicted: int32(reply, "predicted") };
  return { layers, nNodes, nSamples: number(reply, "n_samples"), ...counts };
}

function readSamples(reply: Reply): SampleDetails {
  const names = Object.keys(reply.columns);
  const ranks = names.filter((name) => /^top_class_\d+$/.test(name)).length;
  return {
    sample: int32(reply, "sample"),
    sampleId: strings(reply, "sample_id"),
    true: int32(reply, "true"),
    pred: int32(reply, "pred"),
    trueRank: int32(reply, "true_rank"),
    pTrue: float32(reply, "p_true"),
    pPred: float32(reply, "p_pred"),
    uri: strings(reply, "uri"),
    thumb: strings(reply, "thumb"),
    top: Array.from({ length: ranks }, (_, rank) => ({
      classId: int32(reply, `top_class_${rank}`),
      prob: float32(reply, `top_prob_${rank}`),
    })),
    user: names
      .filter((name) => name.startsWith("user:"))
      .map((name) => ({ name: name.slice(5), value: strings(reply, name) })),
  };
}

function estimatesByMetric(reply: Reply): Readonly<Record<Metric, Estimates>> {
  const of = (metric: Metric): Estimates => ({
    value: float32(reply, metric),
    low: float32(reply, `${metric}_low`),
    high: float32(reply, `${metric}_high`),
  });
  return { recall: of("recall"), precision: of("precision"), f1: of("f1") };
}

function column(reply: Reply, name: string): Column {
  const found = reply.columns[name];
  if (!found) throw new Error(`the reply '${reply.kind}' has no column '${name}'`);
  return found;
}

type Typed = Int16ArrayConstructor | Uint16ArrayConstructor | Int32ArrayConstructor | Float32ArrayConstructor;

function typed<T extends readonly Typed[]>(reply: Reply, name: string, ...kinds: T): InstanceType<T[number]> {
  const found = column(reply, name);
  if (kinds.some((kind) => found instanceof kind)) return found as InstanceType<T[number]>;
  const expected = kinds.map((kind) => kind.name).join(" or ");
  throw new Error(`column '${name}' of '${reply.kind}' is ${found.constructor.name}, expected ${expected}`);
}

function int32(reply: Reply, name: string): Int32Array {
  return typed(reply, name, Int32Array);
}

function float32(reply: Reply, name: string): Float32Array {
  return typed(reply, name, Float32Array);
}

function strings(reply: Reply, name: string): readonly string[] {
  const found = column(reply, name);
  if (Array.isArray(found)) return found as readonly string[];
  throw new Error(`column '${name}' of '${reply.kind}' is ${found.constructor.name}, expected text`);
}

function text(reply: Reply, name: string): string {
  const found = reply.metadata.get(name);
  if (found === undefined) throw new Error(`the reply '${reply.kind}' has no metadata '${name}'`);
  return found;
}

function number(reply: Reply, name: string): number {
  const value = Number(text(reply, name));
  if (!Number.isFinite(value)) throw new Error(`metadata '${name}' of '${reply.kind}' is not a number`);
  return value;
}

/** A number that may be undefined: the wire writes `nan`. */
function numberOrNaN(reply: Reply, name: string): number {
  return text(reply, name).toLowerCase() === "nan" ? Number.NaN : number(reply, name);
}

function json(reply: Reply, name: string): unknown {
  try {
    return JSON.parse(text(reply, name), (_, value) => (value === null ? Number.NaN : value));
  } catch {
    throw new Error(`metadata '${name}' of '${reply.kind}' is not JSON`);
  }
}

function shape3(reply: Reply): readonly [number, number, number] {
  const shape = text(reply, "shape").split(",").map(Number);
  if (shape.length === 3 && shape.every(Number.isInteger)) {
    return shape as unknown as readonly [number, number, number];
  }
  throw new Error(`metadata 'shape' of '${reply.kind}' is not three integers`);
}
