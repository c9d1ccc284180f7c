import type { Page } from "../derive";
import { topKLabel } from "../label";
import type { Action } from "../state/actions";
import { count, measure } from "./format";

/** One active filter or the selection, and what takes it away. */
export interface Chip {
  readonly id: string;
  readonly text: string;
  readonly remove: Action;
}

/** Everything that narrows what is shown, selection first. */
export function chipsOf({ model }: Page): readonly Chip[] {
  const { selection, filter } = model.state;
  const chips: Chip[] = [];
  if (selection.kind !== "none") {
    const subject = model.selectionLabel.split(" · ")[0] ?? "";
    chips.push({ id: "selection", text: subject, remove: { type: "clearSelection" } });
  }
  if (filter.minCount > 1) {
    chips.push({
      id: "minCount",
      text: `cells ≥ ${count(filter.minCount)}`,
      remove: { type: "filter", filter: { minCount: 1 } },
    });
  }
  if (filter.topK > 0) {
    chips.push({ id: "topK", text: topKLabel(filter.topK), remove: { type: "filter", filter: { topK: 0 } } });
  }
  for (const [id, name] of [
    ["pPred", "p(pred)"],
    ["pTrue", "p(true)"],
  ] as const) {
    const [low, high] = filter[id];
    if (low <= 0 && high >= 1) continue;
    chips.push({
      id,
      text: `${name} ${low.toFixed(2)} – ${high.toFixed(2)}`,
      remove: { type: "filter", filter: { [id]: [0, 1] } },
    });
  }
  if (filter.activation) {
    chips.push({
      id: "activation",
      text: `neuron ${filter.activation.neuron} ≥ ${measure(filter.activation.min)}`,
      remove: { type: "filter", filter: { activation: null } },
    });
  }
  return chips;
}
