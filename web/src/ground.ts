import type { CellIndex, GroupMetrics, Rows, Tree } from "./core/data";
import { applyEdits } from "./core/edits";
import { isBounded } from "./core/filter";
import { buildTree, sortChildren } from "./core/hierarchy";
import { groupMetrics } from "./core/metrics";
import type { Known } from "./data";
import { hold, memo } from "./memo";
import { chosenHierarchy, chosenResult } from "./results";
import type { Refinement } from "./source/answers";
import type { Manifest, Message, ResultInfo, TreeRef } from "./source/source";
import type { AppState, Edit, GroupMetric, IcicleState, Proposal } from "./state/state";

/** What everything else stands on: a loaded result set and the tree as it is shown. */
export interface Ground {
  readonly info: ResultInfo;
  readonly cells: CellIndex;
  readonly rows: Rows | null;
  readonly hierarchy: string;
  /** As saved; its node numbers are those of the wire. */
  readonly saved: Tree;
  /** With the unsaved edits; the saved one when there are none. */
  readonly drafted: Tree;
  /** With the proposal in place and its children sorted: what is shown. */
  readonly tree: Tree;
  /** Name or arrays of `drafted`, and of `tree`; rows of replies about them are rows of those. */
  readonly draftedRef: TreeRef;
  readonly treeRef: TreeRef;
  /** The answer that `tree` shows in place; null while there is no proposal or it has not arrived. */
  readonly refinement: Refinement | null;
}

export type Grounding = (state: AppState, manifest: Manifest | null, known: Known) => Ground | null;

interface Loaded {
  readonly info: ResultInfo;
  readonly cells: CellIndex;
  readonly rows: Rows | null;
}

/** Make the selector of one mounted app; while something is loading it keeps the last ground. */
export function createGround(): Grounding {
  const heldResult = hold<Loaded>();
  const heldTree = hold<{ readonly name: string; readonly tree: Tree }>();
  const loadedResult = memo(
    (info: ResultInfo, cells: CellIndex, rows: Rows | null): Loaded => ({ info, cells, rows }),
  );
  const namedTree = memo((name: string, tree: Tree) => ({ name, tree }));
  const wireTree = memo(buildTree);
  const drafted = memo(applyEdits);
  const proposed = memo((tree: Tree, proposal: Proposal, answer: Refinement, result: string) =>
    applyEdits(tree, [replacement(proposal, answer, result)]),
  );
  const metrics = memo((tree: Tree, cells: CellIndex) => groupMetrics(tree, cells, cells.count));
  const sorted = memo(sortTree);
  const draftedRef = memo(treeRef);
  const shownRef = memo(treeRef);
  const ground = memo(
    (
      loaded: Loaded,
      hierarchy: string,
      saved: Tree,
      withEdits: Tree,
      tree: Tree,
      refDrafted: TreeRef,
      refTree: TreeRef,
      refinement: Refinement | null,
    ): Ground => ({
      ...loaded,
      hierarchy,
      saved,
      drafted: withEdits,
      tree,
      draftedRef: refDrafted,
      treeRef: refTree,
      refinement,
    }),
  );

  return (state, manifest, known) => {
    const result = chosenResult(manifest, state);
    const name = chosenHierarchy(manifest, state);
    if (!manifest || !result || name === null) return null;
    const columns = known.find({ view: "hierarchy", hierarchy: name });
    const loaded = heldResult(readyResult(state, result, known, loadedResult));
    const named = heldTree(columns && namedTree(name, wireTree(columns)));
    if (!loaded || !named) return null;

    const edits = state.draft?.base === named.name ? state.draft.edits : NO_EDITS;
    const edited = drafted(named.tree, edits);
    const refDrafted = draftedRef(named.name, named.tree, edited);
    const ask = state.proposal && refineMessage(state.proposal, loaded.info, edited, refDrafted);
    const refinement = ask && known.find(ask);
    const withProposal =
      state.proposal && refinement ? proposed(edited, state.proposal, refinement, loaded.info.name) : edited;
    const { sort, descending } = state.icicle;
    const byMetric = sort === "precision" || sort === "recall" || sort === "f1";
    const key = byMetric ? metrics(withProposal, loaded.cells) : null;
    const tree = sorted(withProposal, key, sort, descending);
    const refTree = shownRef(named.name, named.tree, tree);
    return ground(loaded, named.name, named.tree, edited, tree, refDrafted, refTree, refinement || null);
  };
}

const NO_EDITS: readonly Edit[] = [];

/** What to ask for a proposal; null when its node is gone. */
export function refineMessage(
  { node, method, source, seed }: Proposal,
  info: ResultInfo,
  drafted: Tree,
  tree: TreeRef,
): (Message & { view: "refine" }) | null {
  const row = drafted.nodeOfWire[node] ?? -1;
  return row < 0 ? null : { view: "refine", result: info.name, tree, node: row, method, source, seed };
}

/** The edit that accepts a proposal; it says what the proposal was made from, and what that changed. */
export function replacement(
  { node, method, source, seed }: Proposal,
  answer: Refinement,
  result: string,
): Extract<Edit, { kind: "replace" }> {
  const how: Record<string, string | number> = { method, source, seed, result };
  for (const [name, [before, after]] of Object.entries(answer.criteria)) {
    if (Number.isFinite(before)) how[`${name} before`] = before;
    if (Number.isFinite(after)) how[`${name} after`] = after;
  }
  return {
    kind: "replace",
    node,
    parent: [...answer.parent],
    classId: [...answer.class],
    names: answer.name,
    how,
  };
}

/** The name of a saved tree, or the arrays of one that is not shown as it was saved. */
export function treeRef(name: string, saved: Tree, tree: Tree): TreeRef {
  if (tree === saved) return { hierarchy: name };
  return { parent: [...tree.parent], class: [...tree.classId] };
}

/** The result asked for, as soon as the picture it gives is the right one: filters by row wait for the rows. */
function readyResult(
  state: AppState,
  result: ResultInfo,
  known: Known,
  make: (info: ResultInfo, cells: CellIndex, rows: Rows | null) => Loaded,
): Loaded | null {
  const cells = known.find({ view: "cells", result: result.name });
  const rows = known.find({ view: "rows", result: result.name });
  return cells && (rows || !needsRows(state)) ? make(result, cells, rows) : null;
}

/** Whether the picture depends on single samples. */
export function needsRows({ filter, selection }: AppState): boolean {
  const filters =
    filter.topK > 1 || isBounded(filter.pPred) || isBounded(filter.pTrue) || filter.activation !== null;
  return filters || selection.kind !== "none";
}

function sortTree(
  tree: Tree,
  metrics: GroupMetrics | null,
  sort: IcicleState["sort"],
  descending: boolean,
): Tree {
  if (sort === "hierarchy") return tree;
  if (sort === "name") return sortChildren(tree, "name", descending);
  if (sort === "size") {
    return sortChildren(
      tree,
      Float64Array.from(tree.stop, (stop, node) => stop - tree.start[node]),
      descending,
    );
  }
  return metrics ? sortChildren(tree, metrics[sort as GroupMetric], descending) : tree;
}
