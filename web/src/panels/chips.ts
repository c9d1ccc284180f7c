import type { Page } from "../derive";
import { topKLabel } from "../label";
import type { Action } from "../state/actions";
import { count, counted, measure } from "./format";

/** One thing that differs from the plain view, and what takes it away. */
export interface Chip {
  readonly id: string;
  /** Whether it narrows the samples shown. */
  readonly isFilter: boolean;
  readonly text: string;
  readonly remove: Action;
}

/** The selection, what is done to the hierarchy, the partition, then the filters. */
export function chipsOf({ model, hierarchy }: Page): readonly Chip[] {
  const { selection, filter, draft, proposal, compare, partition, pins } = model.state;
  const chips: Chip[] = [];
  if (selection.kind !== "none") {
    const subject = model.selectionLabel.split(" · ")[0] ?? "";
    chips.push(other("selection", subject, { type: "clearSelection" }));
  }
  if (draft?.base === hierarchy && draft.edits.length > 0) {
    chips.push(other("draft", counted(draft.edits.length, "unsaved edit"), { type: "dropDraft" }));
  }
  if (proposal) {
    chips.push(other("proposal", `proposal: ${proposal.method}`, { type: "propose", proposal: null }));
  }
  if (compare !== null) {
    chips.push(other("compare", `compared with ${compare}`, { type: "compare", hierarchy: null }));
  }
  if (partition) {
    const n = model.partition?.nBlocks ?? partition.nBlocks;
    const text = n === "auto" ? "blocks" : counted(n, "block");
    chips.push(other("partition", text, { type: "partition", partition: null }));
  }
  if (pins.length > 0) {
    chips.push(other("pins", counted(pins.length, "pin"), { type: "pins", nodes: [] }));
  }
  if (filter.minCount > 1) {
    chips.push({
      id: "minCount",
      isFilter: true,
      text: `cells ≥ ${count(filter.minCount)}`,
      remove: { type: "filter", filter: { minCount: 1 } },
    });
  }
  if (filter.topK > 0) {
    chips.push({
      id: "topK",
      isFilter: true,
      text: topKLabel(filter.topK),
      remove: { type: "filter", filter: { topK: 0 } },
    });
  }
  for (const [id, name] of [
    ["pPred", "p(pred)"],
    ["pTrue", "p(true)"],
  ] as const) {
    const [low, high] = filter[id];
    if (low <= 0 && high >= 1) continue;
    chips.push({
      id,
      isFilter: true,
      text: `${name} ${low.toFixed(2)} – ${high.toFixed(2)}`,
      remove: { type: "filter", filter: { [id]: [0, 1] } },
    });
  }
  if (filter.activation) {
    chips.push({
      id: "activation",
      isFilter: true,
      text: `neuron ${filter.activation.neuron} ≥ ${measure(filter.activation.min)}`,
      remove: { type: "filter", filter: { activation: null } },
    });
  }
  return chips;
}

function other(id: string, text: string, remove: Action): Chip {
  return { id, isFilter: false, text, remove };
}
