import type { Tree } from "./core/data";
import { orderNeurons, quantile } from "./core/responses";
import type { Relevance } from "./source/answers";
import type { LayerInfo } from "./source/source";
import type { ResponseState } from "./state/state";

const PAGE_LINES = 512;

/** Column order of the response map and what it is by. */
export interface ColumnOrder {
  /** Neuron numbers, first column first. */
  readonly neurons: Int32Array;
  /** By neuron number: what the header shows. */
  readonly score: Float32Array;
  readonly scoreName: string;
}

/** How many neurons of a layer make a page: so many that every line has a pixel on a small screen. */
export function pageSize(layer: LayerInfo): number {
  const lines = layer.side * layer.side;
  return Math.max(1, Math.min(layer.n_neurons, 256, Math.max(8, Math.floor(PAGE_LINES / lines))));
}

/** Order the neurons; undefined last, ties by number. Without a group there is only the mean to go by. */
export function orderColumns(
  relevance: Relevance,
  order: ResponseState["order"],
  hasGroup: boolean,
): ColumnOrder {
  const byMean = order === "mean" || !hasGroup;
  const mean = hasGroup ? relevance.meanIn : relevance.meanAll;
  const score = byMean ? mean : relevance.score;
  const neurons =
    order === "index" ? Int32Array.from(score.keys()) : orderNeurons(score, byMean ? score : mean);
  const scoreName = byMean ? (hasGroup ? "mean in group" : "mean") : relevance.scoreName;
  return { neurons, score, scoreName };
}

/** Class ids below any of the nodes, ascending. */
export function classesOfNodes(tree: Tree, nodes: readonly number[]): readonly number[] {
  const inside = new Set<number>();
  for (const wire of nodes) {
    const node = tree.nodeOfWire[wire] ?? -1;
    if (node < 0) continue;
    for (let leaf = tree.start[node]; leaf < tree.stop[node]; leaf++) inside.add(tree.classOfLeaf[leaf]);
  }
  return [...inside].sort((a, b) => a - b);
}

/** The threshold to start with, the 95th percentile of a regular sample of what is shown, and the largest value. */
export function responseScale(value: Float32Array): { readonly threshold: number; readonly maximum: number } {
  let maximum = 0;
  for (const one of value) if (one > maximum) maximum = one;
  const step = Math.max(1, Math.ceil(value.length / 65_536));
  const sampled = Float32Array.from({ length: Math.floor(value.length / step) }, (_, at) => value[at * step]);
  const threshold = quantile(sampled, 0.95);
  return { threshold: Number.isNaN(threshold) ? 0 : threshold, maximum };
}
