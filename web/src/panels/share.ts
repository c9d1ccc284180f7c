import { toHash } from "../state/hash";
import { writeDraft } from "../state/hashParts";
import type { AppState } from "../state/state";

/** A view as its hash, standing on the result set shown: it does not follow a training that goes on. */
export function viewHash(state: AppState): string {
  return toHash({ ...state, follow: false });
}

/** Why a state cannot be written whole; "" when it can. */
export function leftOut({ draft }: AppState): string {
  if (draft === null || writeDraft(draft) !== null) return "";
  return `The ${draft.edits.length} unsaved edits are too long for an address: save the hierarchy first.`;
}

/** The address that restores a view. */
export function addressOf(hash: string): string {
  const address = new URL(location.href);
  address.hash = hash;
  return address.href;
}
