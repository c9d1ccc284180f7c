import type { Page } from "../derive";
import { toHash } from "../state/hash";
import { isTooLong, writeDraft } from "../state/hashParts";
import type { AppState } from "../state/state";

/** A view as its hash, with what is shown by name: it follows neither a training nor another default hierarchy. */
export function viewHash(state: AppState, page: Pick<Page, "shown" | "hierarchy">): string {
  const { name } = page.shown;
  return toHash({ ...state, result: name, follow: false, hierarchy: page.hierarchy });
}

/** Why a state cannot be written whole; "" when it can. */
export function leftOut({ draft, branches }: AppState): string {
  if (isTooLong(branches.plan))
    return "The branches are too long for an address: save or download them first.";
  if (draft === null || writeDraft(draft) !== null) return "";
  return `The ${draft.edits.length} unsaved edits are too long for an address: save the hierarchy first.`;
}

/** The address that restores a view. */
export function addressOf(hash: string): string {
  const address = new URL(location.href);
  address.hash = hash;
  return address.href;
}
