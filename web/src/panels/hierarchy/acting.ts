import type { Page } from "../../derive";
import { replacement } from "../../ground";
import type { Session } from "../../session";
import type { Edit } from "../../state/state";
import { type HandEdit, nextNumber, type Planned, paste, plan } from "./byHand";
import type { Desk } from "./desk.svelte";

/** Nodes of the drafted tree that are selected, by wire number; the first one selected is first. */
export function selectedNodes(page: Page): readonly number[] {
  const { selection } = page.model.state;
  if (selection.kind !== "groups") return [];
  return selection.nodes.filter((node) => (page.ground.drafted.nodeOfWire[node] ?? -1) >= 0);
}

/** What a tool would do to the selected nodes now, or why it does nothing. */
export function planned(page: Page, what: HandEdit): Planned {
  const { sort } = page.model.state.icicle;
  if ((what === "up" || what === "down") && sort !== "hierarchy") {
    return { reason: `The tree is sorted by ${sort}; sort it “as given” to change the order.` };
  }
  return plan(what, page.ground.drafted, selectedNodes(page));
}

/** Change the tree by one edit; false, with the reason on the desk, where that is not possible now. */
export function makeEdit(session: Session, desk: Desk, step: Planned): boolean {
  const page = session.page.get();
  if (!page) return false;
  const reason = page.model.state.proposal
    ? "Accept or reject the proposal first."
    : "reason" in step
      ? step.reason
      : null;
  desk.refusal = reason;
  if (reason !== null || !("edit" in step)) return false;
  session.dispatch({ type: "edit", base: page.hierarchy, edit: step.edit });
  return true;
}

/** Make an edit of the selected nodes. */
export function editSelected(session: Session, desk: Desk, what: HandEdit): void {
  const page = session.page.get();
  if (!page) return;
  const made = nextNumber(page.ground.drafted);
  if (!makeEdit(session, desk, planned(page, what)) || what !== "group") return;
  session.dispatch({ type: "selectNodes", nodes: [made] });
  startRename(session, desk);
}

/** Take the selected nodes up; a second time lays them down again. */
export function cutSelected(session: Session, desk: Desk): void {
  const page = session.page.get();
  if (!page) return;
  const nodes = selectedNodes(page).filter((node) => page.ground.drafted.nodeOfWire[node] > 0);
  const before = desk.cut.get();
  const isSame = nodes.length === before.length && nodes.every((node) => before.includes(node));
  desk.refusal = nodes.length === 0 ? "Select a class or a group first." : null;
  desk.cut.set(isSame ? [] : nodes);
}

/** Put what was cut into the selected group, or behind the selected class. */
export function pasteCut(session: Session, desk: Desk): void {
  const page = session.page.get();
  if (!page) return;
  const [target] = selectedNodes(page);
  if (makeEdit(session, desk, paste(page.ground.drafted, desk.cut.get(), target ?? -1))) desk.cut.set([]);
}

/** Open the field for the name of the selected group. */
export function startRename(session: Session, desk: Desk): void {
  const page = session.page.get();
  if (!page) return;
  const { drafted } = page.ground;
  const [node] = selectedNodes(page);
  const row = node === undefined ? 0 : drafted.nodeOfWire[node];
  if (drafted.classId[row] >= 0) {
    desk.refusal = "Classes keep the study's names; groups can be renamed.";
    return;
  }
  desk.refusal = null;
  desk.renaming = drafted.wireNode[row];
}

/** Keep a typed name; an empty or unchanged one changes nothing. */
export function rename(session: Session, desk: Desk, node: number, typed: string): void {
  desk.renaming = null;
  const page = session.page.get();
  const name = typed.trim();
  const row = page?.ground.drafted.nodeOfWire[node] ?? -1;
  if (!page || row < 0 || name === "" || name === page.ground.drafted.name[row]) return;
  const edit: Edit = { kind: "rename", node, name };
  makeEdit(session, desk, { edit });
}

/** Make the proposal shown part of the tree; false while there is none to accept. */
export function acceptProposal(session: Session, page: Page | null = session.page.get()): boolean {
  const { proposal } = page?.model.state ?? { proposal: null };
  const refinement = page?.ground.refinement;
  if (!page || !proposal || !refinement) return false;
  const edit = replacement(proposal, refinement, page.ground.info.name);
  session.dispatch({ type: "edit", base: page.hierarchy, edit });
  return true;
}

/** Take the proposal away, or stop waiting for it. */
export function rejectProposal(session: Session): void {
  session.dispatch({ type: "propose", proposal: null });
}
