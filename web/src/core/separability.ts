import { type Cut, levelCut } from "./branches";
import type { Tree } from "./data";

/** A layer separates a group from where its recall reaches this share of the last one (METHODS §14). */
export const NEAR = 0.95;

/** Shares closer than this are the same: rounding is not a difference. */
const TIE = 1e-12;

/** What classifiers on every layer and, in the last row, the network itself tell of each group: (rows, nodes) row-major. */
export interface Separability {
  /** Names of the layers from the input on: one less than rows. */
  readonly layers: readonly string[];
  readonly nNodes: number;
  readonly nSamples: number;
  readonly tp: Int32Array;
  readonly support: Int32Array;
  readonly predicted: Int32Array;
}

/** Recall of a node in a row; NaN without samples. */
export function recallOf({ tp, support, nNodes }: Separability, row: number, node: number): number {
  const at = row * nNodes + node;
  return tp[at] / support[at];
}

/** Share of the samples predicted into a node that belong there; NaN when there are none. */
export function precisionOf({ tp, predicted, nNodes }: Separability, row: number, node: number): number {
  const at = row * nNodes + node;
  return tp[at] / predicted[at];
}

/** F1 of a node in a row; NaN when it has no samples and none is predicted into it. */
export function f1Of({ tp, support, predicted, nNodes }: Separability, row: number, node: number): number {
  const at = row * nNodes + node;
  return (2 * tp[at]) / (support[at] + predicted[at]);
}

/** Share of the final recall that a row reaches in a node; NaN where the final one is 0 or unknown. */
export function recallRatio(found: Separability, row: number, node: number): number {
  const final = recallOf(found, found.layers.length, node);
  return final > 0 ? recallOf(found, row, node) / final : Number.NaN;
}

/** Smallest share of the final recall among the groups of a cut; NaN where none is known. */
export function smallestRatio(found: Separability, row: number, cut: Cut): number {
  let least = Number.NaN;
  for (const node of cut) {
    const ratio = recallRatio(found, row, node);
    if (!(ratio >= least)) least = Number.isNaN(ratio) ? least : ratio;
  }
  return least;
}

/** Share of the samples that a row puts into their group of a cut. */
export function cutAccuracy({ tp, nNodes, nSamples }: Separability, row: number, cut: Cut): number {
  let kept = 0;
  for (const node of cut) kept += tp[row * nNodes + node];
  return kept / nSamples;
}

/** Cut accuracy of whoever always names the largest group. */
export function cutChance({ support, nNodes, layers, nSamples }: Separability, cut: Cut): number {
  let largest = 0;
  for (const node of cut) largest = Math.max(largest, support[layers.length * nNodes + node]);
  return largest / nSamples;
}

/** One level of the hierarchy: its groups, and the cut accuracy of every row. */
export interface Level {
  readonly depth: number;
  readonly cut: Cut;
  readonly accuracy: readonly number[];
  readonly chance: number;
}

/** Cut accuracy of every row at every level with at least two groups, the coarsest first. */
export function levelAccuracies(tree: Tree, found: Separability): readonly Level[] {
  return Array.from({ length: tree.maxDepth }, (_, level) => {
    const cut = levelCut(tree, level + 1);
    const accuracy = Array.from({ length: found.layers.length + 1 }, (_, row) =>
      cutAccuracy(found, row, cut),
    );
    return { depth: level + 1, cut, accuracy, chance: cutChance(found, cut) };
  });
}

/** By node the first row whose recall is at least 95 % of the last one's; NaN where that is 0 or unknown. */
export function separationRows(found: Separability): Float64Array {
  const nRows = found.layers.length + 1;
  return Float64Array.from({ length: found.nNodes }, (_, node) => {
    const last = recallOf(found, nRows - 1, node);
    if (!(last > 0)) return Number.NaN;
    let row = 0;
    while (!(recallOf(found, row, node) >= NEAR * (1 - TIE) * last)) row++;
    return row;
  });
}
