import { topKLabel } from "../../label";
import type { Objective, PartitionChoice } from "../../state/state";
import { count } from "../format";

/** What a partition can maximise, in words. */
export const objectives: readonly { readonly id: Objective; readonly name: string; readonly text: string }[] =
  [
    {
      id: "size_weighted",
      name: "density × size",
      text: "Errors inside a block divided by its number of classes, summed. Finds blocks of unequal size.",
    },
    {
      id: "modularity",
      name: "modularity",
      text: "Errors inside blocks beyond what the totals of their classes would put there.",
    },
    {
      id: "pooled",
      name: "pooled density",
      text: "Errors a cell over all blocks together. Pulls towards blocks of equal size.",
    },
    {
      id: "least_squares",
      name: "least squares",
      text: "The picture of constant blocks that is closest to the matrix.",
    },
    {
      id: "mean_density",
      name: "mean density",
      text: "Errors a cell of each block, summed. Tends to isolate single pairs of classes.",
    },
  ];

/** Most blocks by the slider; more can be typed. */
export function mostBlocks(nClasses: number): { readonly slider: number; readonly field: number } {
  return { slider: Math.min(nClasses, 100), field: Math.min(nClasses, 1000) };
}

/** Filters as words, for comparing those of a partition with those of now. */
export function filterText({ topK, pPred, pTrue, minCount }: PartitionChoice["filter"]): string {
  const span = ([low, high]: readonly [number, number]) => `${low.toFixed(2)} – ${high.toFixed(2)}`;
  const parts = [
    topK > 0 ? topKLabel(topK) : "",
    pPred[0] > 0 || pPred[1] < 1 ? `p(pred) ${span(pPred)}` : "",
    pTrue[0] > 0 || pTrue[1] < 1 ? `p(true) ${span(pTrue)}` : "",
    minCount > 1 ? `cells ≥ ${count(minCount)}` : "",
  ].filter(Boolean);
  return parts.length ? parts.join(" · ") : "no filter";
}

/** Whether two filters keep the same, apart from the responses of a neuron. */
export function isSameFilter(a: PartitionChoice["filter"], b: PartitionChoice["filter"]): boolean {
  const numbers = ({ topK, pPred, pTrue, minCount }: PartitionChoice["filter"]) =>
    [topK, ...pPred, ...pTrue, minCount].join();
  return numbers(a) === numbers(b);
}
