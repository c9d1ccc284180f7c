import type { Session } from "../../session";
import { cell } from "../../state/cell";

/** What a person has in hand while editing: it is of one window and not part of the address. */
export class Desk {
  /** Nodes taken up to be put elsewhere, by wire number. */
  readonly cut = cell<readonly number[]>([]);
  /** The group whose name is being typed. */
  renaming: number | null = $state(null);
  /** Why the last key or button did nothing. */
  refusal: string | null = $state(null);
}

const desks = new WeakMap<Session, Desk>();

/** The desk of a session, made once. */
export function deskOf(session: Session): Desk {
  let desk = desks.get(session);
  if (!desk) {
    desk = new Desk();
    desks.set(session, desk);
  }
  return desk;
}
