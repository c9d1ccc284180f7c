import type { Session } from "../../session";
import { cutSelected, editSelected, pasteCut, startRename } from "./acting";
import type { HandEdit } from "./byHand";
import { deskOf } from "./desk.svelte";

/** What of a key event matters; letters are told by their place, because Alt changes what they type. */
export interface EditKey {
  readonly key: string;
  readonly code: string;
  readonly altKey: boolean;
}

const EDITS: Readonly<Record<string, HandEdit>> = {
  ArrowUp: "up",
  ArrowDown: "down",
  ArrowLeft: "out",
  ArrowRight: "in",
  KeyG: "group",
  KeyM: "merge",
  KeyU: "dissolve",
};

/** Edit the hierarchy by a key; false when it means nothing. What it cannot do, it says in the panel, which opens. */
export function pressEditKey({ key, code, altKey }: EditKey, session: Session): boolean {
  const isRename = key === "F2" && !altKey;
  const edit = altKey ? EDITS[code] : undefined;
  const isCut = altKey && code === "KeyX";
  const isPaste = altKey && code === "KeyV";
  if (!session.page.get() || !(isRename || edit || isCut || isPaste)) return false;
  session.dispatch({ type: "side", side: "hierarchy", workbench: "edit" });
  const desk = deskOf(session);
  if (isRename) startRename(session, desk);
  else if (edit) editSelected(session, desk, edit);
  else if (isCut) cutSelected(session, desk);
  else pasteCut(session, desk);
  return true;
}
