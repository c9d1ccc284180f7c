import { choicesOf, type PlannedBranch } from "../../branching";
import { type Cut, levelCut, mergeCut, type Recut, splitCut } from "../../core/branches";
import type { Page } from "../../derive";
import type { Session } from "../../session";

/** What changes the groups of the branch shown. */
export type GroupEdit = "split" | "merge";

/** The branch whose groups are shown; null when there is none. */
export function openBranch({ branching }: Page): PlannedBranch | null {
  return branching.plan?.[branching.at] ?? null;
}

/** What a tool would make of the groups for the selected nodes, or why it does nothing. */
export function recut(page: Page, what: GroupEdit): Recut {
  const branch = openBranch(page);
  if (!branch) return { reason: "There is no branch to change." };
  const { tree, state } = page.model;
  const { selection } = state;
  const nodes = selection.kind === "groups" ? selection.nodes.map((wire) => tree.nodeOfWire[wire] ?? -1) : [];
  const known = nodes.filter((node) => node >= 0);
  if (known.length === 0) return { reason: "Select a group first, in the list or in the tree." };
  const change = what === "split" ? splitCut : mergeCut;
  let cut = branch.cut;
  const changed = new Set<number>();
  let refusal: string | null = null;
  for (const node of known) {
    if (what === "merge" && changed.has(tree.parent[node])) continue;
    const next = change(tree, cut, node);
    if ("reason" in next) {
      refusal ??= next.reason;
      continue;
    }
    cut = next.cut;
    for (const one of next.changed) changed.add(one);
  }
  return changed.size === 0 ? { reason: refusal ?? "" } : { cut, changed: [...changed] };
}

/** Split or merge the selected groups and select what they became; the reason where that is not possible. */
export function changeGroups(session: Session, what: GroupEdit): string | null {
  const page = session.page.get();
  if (!page) return null;
  const next = recut(page, what);
  if ("reason" in next) return next.reason;
  const { wireNode } = page.model.tree;
  const select = next.changed.map((node) => wireNode[node] as number);
  setCut(session, page, page.branching.at, next.cut, select);
  return null;
}

/** Give a branch other groups, and select nodes by wire number. */
export function setCut(session: Session, page: Page, at: number, cut: Cut, select?: readonly number[]): void {
  change(
    session,
    page,
    (plan) => plan.map((one, other) => (other === at ? { ...one, cut } : one)),
    at,
    select,
  );
}

/** Set the weight of a branch's loss. */
export function setWeight(session: Session, page: Page, at: number, weight: number): void {
  change(session, page, (plan) => plan.map((one, other) => (other === at ? { ...one, weight } : one)), at);
}

/** Add a branch at a layer, with the groups of the branch before it or else of the coarsest level, and show it. */
export function addBranch(session: Session, page: Page, layer: string, cut?: Cut): void {
  const { tree, state } = page.model;
  const order = page.branching.probes.layers.map((probe) => probe.coordinates.layer);
  const plan = page.branching.plan ?? [];
  const place = order.indexOf(layer);
  const behind = plan.findIndex((one) => order.indexOf(one.layer) > place);
  const at = behind < 0 ? plan.length : behind;
  const before = plan[at - 1]?.cut;
  const added: PlannedBranch = {
    layer,
    cut: cut ?? before ?? levelCut(tree, 1),
    weight: state.branches.weight,
  };
  change(session, page, (branches) => [...branches.slice(0, at), added, ...branches.slice(at)], at);
}

/** Take a branch away; the one that takes its place is shown. */
export function removeBranch(session: Session, page: Page, at: number): void {
  const isLast = at === (page.branching.plan?.length ?? 0) - 1;
  const next = isLast ? Math.max(0, at - 1) : at;
  change(session, page, (plan) => plan.filter((_, other) => other !== at), next);
}

/** Show the groups of the next branch or the one before; false without branches. */
export function stepBranch(session: Session, { branching }: Page, by: number): boolean {
  const n = branching.plan?.length ?? 0;
  if (n === 0) return false;
  session.dispatch({ type: "branches", branches: { at: Math.max(0, Math.min(n - 1, branching.at + by)) } });
  return true;
}

function change(
  session: Session,
  { branching, model }: Page,
  edit: (plan: readonly PlannedBranch[]) => readonly PlannedBranch[],
  at: number,
  select?: readonly number[],
): void {
  const plan = choicesOf(model.tree, edit(branching.plan ?? []));
  session.dispatch({ type: "branches", branches: { plan, at }, ...(select && { select }) });
}
