import type { Scale } from "../core/scale";
import { valueText } from "../layout/valueText";
import type { Model } from "../model";
import type { CellValue, Encoding } from "../state/state";

/** What a value of a cell is, in words; `about` says what rates are shares of. */
export const valueWords: {
  readonly [V in CellValue]: {
    readonly name: string;
    /** Where space is tight. */
    readonly short: string;
    readonly unit: string;
    readonly about: string;
  };
} = {
  count: {
    name: "counts",
    short: "counts",
    unit: "samples in a cell",
    about: "Samples in a cell after all filters.",
  },
  row: {
    name: "row rate",
    short: "row %",
    unit: "% of the true class",
    about:
      "Samples in a cell as a share of all samples of its true class that pass the filters, correct ones included and the rank filter left out. A class without samples has no row rate: its row is hatched.",
  },
  column: {
    name: "column rate",
    short: "column %",
    unit: "% of the predicted class",
    about:
      "Samples in a cell as a share of all samples predicted as its class that pass the filters, correct ones included and the rank filter left out. A class that is never predicted has no column rate: its column is hatched.",
  },
  pair: {
    name: "pair rate",
    short: "pair %",
    unit: "%, mean of both ways",
    about:
      "Mean of the row rates of the two cells of a pair of classes, the same both ways; shares are of all samples of the true class that pass the filters, correct ones included and the rank filter left out. A class without samples has no pair rate: its row and column are hatched.",
  },
};

/** How values become colours, in words. */
export const scaleWords: { readonly [S in Encoding["scale"]]: string } = {
  log: "Logarithmic: equal ratios are equal steps of colour.",
  linear: "Linear: equal differences are equal steps of colour.",
  rank: "Rank: by how many of the shown cells are smaller; equal values share the lowest of their ranks.",
};

/** Freeze the ends of the colour scale, or free them; nothing changes for ranks, which have none. */
export function toggleFrozen({ state, mapped, scale }: Model): Partial<Encoding> {
  if (scale.kind === "rank") return {};
  if (state.encoding.frozenMax !== null) return { frozenMax: null, frozenMin: null };
  const isEmpty = mapped.largest === 0;
  if (isEmpty) return {};
  return { frozenMax: mapped.largest, frozenMin: mapped.kind === "count" ? null : mapped.least };
}

export interface Tick {
  /** Position on the colour scale. */
  readonly at: number;
  readonly text: string;
}

/** Values written below the colour scale: both ends, and the middle where it is another number. */
export function ticksOf({ mapped, scale }: Model): readonly Tick[] {
  const { kind, least, largest } = mapped;
  const text = (value: number) => valueText(kind, kind === "count" ? Math.round(value) : value);
  const ends = [scale.least, scale.largest].map(text) as [string, string];
  if (scale.largest <= scale.least) return [{ at: 0, text: scale.largest === 0 ? "no cells" : ends[1] }];
  const below = scale.kind !== "rank" && least < scale.least ? "≤ " : "";
  const above = scale.kind !== "rank" && largest > scale.largest ? "+" : "";
  const middle = text(scale.valueAt(0.5));
  return [
    { at: 0, text: `${below}${ends[0]}` },
    ...(ends.includes(middle) ? [] : [{ at: 0.5, text: middle }]),
    { at: 1, text: `${ends[1]}${above}` },
  ];
}

/** Value of every end and step of the scale, for whoever cannot see it. */
export function legendTitle({ state }: Model, { kind }: Scale): string {
  return `${valueWords[state.encoding.value].about} ${scaleWords[kind]}`;
}
