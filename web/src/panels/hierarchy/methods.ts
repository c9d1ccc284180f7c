import type { ResultInfo } from "../../source/source";

/** A way to find the order and the groups of a block, and what it is good at. */
export interface Method {
  readonly id: string;
  readonly name: string;
  readonly text: string;
}

export const methods: readonly Method[] = [
  {
    id: "auto",
    name: "auto",
    text: "Tries several methods and keeps what is best in blocks and near the diagonal.",
  },
  {
    id: "recursive_ncut",
    name: "recursive normalised cut",
    text: "Splits into two halves that are confused least, again and again: clear groups at every size.",
  },
  {
    id: "linkage",
    name: "sparse linkage",
    text: "Joins the most confused neighbours first: fast with thousands of classes and few errors.",
  },
  {
    id: "olo",
    name: "optimal leaf ordering",
    text: "Average linkage, turned so that neighbours are as alike as can be: most errors near the diagonal.",
  },
  {
    id: "spectral",
    name: "spectral",
    text: "Sorts by the Fiedler vector: one smooth gradient, for classes that shade into each other.",
  },
  {
    id: "hubert_mst",
    name: "Hubert's spanning tree",
    text: "Walks along the strongest confusions: very fast, good for chains, rough for groups.",
  },
  {
    id: "barycenter",
    name: "barycenter",
    text: "Moves each class to the middle of those it is confused with: fast, short distances.",
  },
  {
    id: "polish",
    name: "polish",
    text: "Barycenter, then single classes move while that helps: the shortest distances, slower.",
  },
  {
    id: "greedy_merge",
    name: "greedy merge",
    text: "Merges the two most confused groups until one is left (Kang and Lin): deep, uneven trees.",
  },
];

/** Name of a method for people. */
export function methodName(id: string): string {
  return methods.find((one) => one.id === id)?.name ?? id;
}

/** Why proposals cannot be made from logits; null when they can. */
export function noLogits(result: ResultInfo): string | null {
  return result.has_logits
    ? null
    : "This result set has no logits: record it with classblocks, which keeps their correlation.";
}
