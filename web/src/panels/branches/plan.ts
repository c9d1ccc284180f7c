import type { Branching, PlannedBranch } from "../../branching";
import type { Cut } from "../../core/branches";
import {
  cutAccuracy,
  cutChance,
  type Level,
  type Separability,
  smallestRatio,
} from "../../core/separability";

/** A branch and how well the probe of its layer tells its groups; NaN where the layer has no probe. */
export interface BranchRow {
  readonly at: number;
  readonly nGroups: number;
  readonly ratio: number;
  readonly accuracy: number;
  readonly chance: number;
  readonly weight: number;
}

/** A layer with its branches; `row` is that of Separability, −1 for a layer without a probe. */
export interface LayerRow {
  readonly name: string;
  readonly row: number;
  readonly branches: readonly BranchRow[];
}

/** Every layer with a probe or a branch, from the input on; layers without a probe come last. */
export function layerRows({ found, plan }: Pick<Branching, "found" | "plan">): readonly LayerRow[] {
  const probed = found?.layers ?? [];
  const others = (plan ?? []).map(({ layer }) => layer).filter((layer) => !probed.includes(layer));
  return [...probed, ...new Set(others)].map((name) => {
    const row = probed.indexOf(name);
    const branches = (plan ?? []).flatMap((branch, at) =>
      branch.layer === name ? [branchRow(branch, at, found, row)] : [],
    );
    return { name, row, branches };
  });
}

function branchRow(
  { cut, weight }: PlannedBranch,
  at: number,
  found: Separability | null,
  row: number,
): BranchRow {
  const isKnown = found !== null && row >= 0;
  return {
    at,
    nGroups: cut.length,
    ratio: isKnown ? smallestRatio(found, row, cut) : Number.NaN,
    accuracy: isKnown ? cutAccuracy(found, row, cut) : Number.NaN,
    chance: found ? cutChance(found, cut) : Number.NaN,
    weight,
  };
}

/** The level that has exactly the groups of a cut; −1 when none has. */
export function levelOf(levels: readonly Level[], cut: Cut): number {
  return levels.findIndex(
    (level) => level.cut.length === cut.length && level.cut.every((node, at) => node === cut[at]),
  );
}

/** Where an arrow key leads in a grid of levels and layers; null for other keys. */
export function stepCell(
  key: string,
  [row, level]: readonly [number, number],
  nRows: number,
  nLevels: number,
): readonly [number, number] | null {
  const clip = (value: number, n: number) => Math.max(0, Math.min(n - 1, value));
  const steps: Readonly<Record<string, readonly [number, number]>> = {
    ArrowUp: [row - 1, level],
    ArrowDown: [row + 1, level],
    ArrowLeft: [row, level - 1],
    ArrowRight: [row, level + 1],
    Home: [row, 0],
    End: [row, nLevels - 1],
  };
  const to = steps[key];
  return to ? [clip(to[0], nRows), clip(to[1], nLevels)] : null;
}
