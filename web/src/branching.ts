import { treeAsks } from "./asks";
import { type Cut, fitCut } from "./core/branches";
import type { Tree } from "./core/data";
import { type Separability, separationRows } from "./core/separability";
import type { Known } from "./data";
import type { Ground } from "./ground";
import { holdFor, memo } from "./memo";
import { type Probes, probesOf } from "./results";
import type { Suggestion } from "./source/answers";
import type { Manifest } from "./source/source";
import type { AppState, BranchChoice } from "./state/state";

/** A branch of the plan on the tree shown. */
export interface PlannedBranch {
  readonly layer: string;
  readonly cut: Cut;
  readonly weight: number;
}

/** Branches for training, and what probes tell of their groups. */
export interface Branching {
  readonly probes: Probes;
  /** Null until asked for and arrived; rows are its layers, then the network itself. */
  readonly found: Separability | null;
  /** By node the first row that separates it; null like `found`. */
  readonly separation: Float64Array | null;
  /** The branches chosen, else those suggested; null until these have arrived. */
  readonly plan: readonly PlannedBranch[] | null;
  readonly isSuggested: boolean;
  /** What the server says of its suggestion. */
  readonly note: string;
  /** Position of the branch whose groups are shown; −1 without branches. */
  readonly at: number;
}

/** Make the selector of one mounted app. */
export function createBranching(): (
  state: AppState,
  manifest: Manifest,
  known: Known,
  ground: Ground,
) => Branching {
  const heldFound = holdFor<Tree, Separability>();
  const heldSuggestion = holdFor<Tree, Suggestion>();
  const separated = memo(separationRows);
  const probed = memo(probesOf);
  const chosen = memo((tree: Tree, plan: readonly BranchChoice[]) =>
    plan.map(({ layer, nodes, weight }): PlannedBranch => ({ layer, cut: fitCut(tree, nodes), weight })),
  );
  const suggested = memo((_tree: Tree, suggestion: Suggestion, weight: number) =>
    branchesOf(suggestion, () => weight),
  );
  const made = memo(
    (
      probes: Probes,
      found: Separability | null,
      plan: readonly PlannedBranch[] | null,
      isSuggested: boolean,
      note: string,
      at: number,
    ): Branching => ({
      probes,
      found,
      separation: found && separated(found),
      plan,
      isSuggested,
      note,
      at: Math.min(at, (plan?.length ?? 0) - 1),
    }),
  );

  return (state, manifest, known, ground) => {
    const { tree, info } = ground;
    const { separability, suggest } = treeAsks(state, ground, manifest);
    const { plan, weight, at } = state.branches;
    const found = separability && heldFound(tree, known.find(separability));
    const suggestion = suggest && heldSuggestion(tree, known.find(suggest));
    const branches = plan ? chosen(tree, plan) : suggestion && suggested(tree, suggestion, weight);
    return made(probed(manifest, info), found, branches, plan === null, suggestion?.note ?? "", at);
  };
}

/** Branches of an answer, whose rows are nodes of the tree asked about. */
export function branchesOf(
  { branch, node, layers }: Pick<Suggestion, "branch" | "node" | "layers">,
  weightOf: (at: number) => number,
): readonly PlannedBranch[] {
  return layers.map((layer, at) => {
    return { layer, cut: [...node.filter((_, row) => branch[row] === at)], weight: weightOf(at) };
  });
}

/** Branches as the state keeps them. */
export function choicesOf(tree: Tree, plan: readonly PlannedBranch[]): readonly BranchChoice[] {
  return plan.map(({ layer, cut, weight }) => ({
    layer,
    nodes: cut.map((node) => tree.wireNode[node]),
    weight,
  }));
}
