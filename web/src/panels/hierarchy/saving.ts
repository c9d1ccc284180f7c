import type { Tree } from "../../core/data";
import type { Page } from "../../derive";
import type { SaveMessage } from "../../source/source";
import { writeDraft } from "../../state/hashParts";
import type { AppState, Edit } from "../../state/state";
import { logEdits, provenance } from "./log";

/** The edits of the hierarchy shown that are not saved. */
export function unsavedEdits(page: Page): readonly Edit[] {
  const { draft } = page.model.state;
  return draft?.base === page.hierarchy ? draft.edits : [];
}

/** Whether closing the window loses edits, because the address does not hold them. */
export function losesEdits(state: AppState): boolean {
  return state.draft !== null && state.draft.edits.length > 0 && writeDraft(state.draft) === null;
}

/** What to send to keep the drafted tree under a name. */
export function hierarchyMessage(
  page: Page,
  name: string,
  replace: boolean,
  isDefault: boolean,
): SaveMessage {
  const { drafted, saved, hierarchy, info } = page.ground;
  const edits = unsavedEdits(page);
  const lines = logEdits(saved, page.model.classes, edits);
  return {
    kind: "hierarchy",
    name,
    parent: [...drafted.parent],
    class: [...drafted.classId],
    names: drafted.name,
    aliases: drafted.aliases,
    how: provenance(hierarchy, info.name, edits, lines),
    replace,
    default: isDefault,
  };
}

/** The state that shows a tree just saved: nothing moves, and what was selected stays so under its new number. */
export function stateAfterSaving(state: AppState, name: string, drafted: Tree): AppState {
  const renumbered = (nodes: readonly number[]) =>
    nodes.map((node) => drafted.nodeOfWire[node] ?? -1).filter((row) => row >= 0);
  const { selection } = state;
  const kept = selection.kind === "groups" ? renumbered(selection.nodes) : [];
  return {
    ...state,
    hierarchy: name,
    draft: null,
    proposal: null,
    compare: state.compare === name ? null : state.compare,
    pins: renumbered(state.pins),
    selection:
      selection.kind !== "groups"
        ? selection
        : kept.length > 0
          ? { ...selection, nodes: kept }
          : { kind: "none" },
    responses: { ...state.responses, nodes: renumbered(state.responses.nodes) },
  };
}
