import { indexCells } from "../core/cells";
import type { HierarchyColumns } from "../core/hierarchy";
import { shortNames } from "../core/names";
import type { CellIndex, Classes, Rows } from "../model";
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
  top_samples: (reply) => ({ sample: int32(reply, "sample"), value: float32(reply, "value") }),
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

function shape3(reply: Reply): readonly [number, number, number] {
  const shape = text(reply, "shape").split(",").map(Number);
  if (shape.length === 3 && shape.every(Number.isInteger)) {
    return shape as unknown as readonly [number, number, number];
  }
  throw new Error(`metadata 'shape' of '${reply.kind}' is not three integers`);
}
