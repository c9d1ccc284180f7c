import type { Tree } from "./core/data";
import type { Ground } from "./ground";
import { memo } from "./memo";
import { chosenBaseline, probesOf, seriesOf } from "./results";
import type { PartitionAnswer } from "./source/answers";
import type { Manifest, Message, WhereMessage } from "./source/source";
import type { AppState, Filter, PartitionChoice } from "./state/state";

type Ask<V extends Message["view"]> = Extract<Message, { view: V }> | null;

/** Questions about the tree shown; null where the state asks none. Rows of the answers are nodes of `ground.tree`. */
export interface TreeAsks {
  readonly partition: Ask<"partition">;
  readonly criteria: Ask<"criteria">;
  readonly compare: Ask<"compare">;
  readonly repair: Ask<"repair">;
  readonly summary: Ask<"summary">;
  readonly change: Ask<"change">;
  readonly series: Ask<"series">;
  readonly separability: Ask<"separability">;
  readonly suggest: Ask<"suggest">;
}

const MOST_OUTLIERS = 500;
const MOST_REPAIRS = 50;
const MOST_COURSES = 4;
const MOST_PROBES = 64;

/** What a state asks about the tree it shows. */
export function treeAsks(state: AppState, ground: Ground, manifest: Manifest): TreeAsks {
  const { info, treeRef: tree } = ground;
  const { side, workbench } = state;
  const about = { result: info.name, tree, where: whereOf(state.filter) } as const;
  const inWorkbench = side === "hierarchy";
  const isCompared = state.compare !== null && (inWorkbench || state.icicle.colour === "agreement");
  return {
    partition: state.partition && partitionMessage(state.partition, tree),
    criteria: inWorkbench ? { view: "criteria", ...about } : null,
    compare: isCompared ? { view: "compare", ...about, with: { hierarchy: state.compare as string } } : null,
    repair: inWorkbench && workbench === "repair" ? { view: "repair", ...about, limit: MOST_REPAIRS } : null,
    summary: side === "groups" ? { view: "summary", ...about } : null,
    change: changeMessage(state, ground, manifest),
    series: side === "groups" ? seriesMessage(state, ground, manifest) : null,
    ...branchMessages(state, ground, manifest),
  };
}

/** The confusions between blocks after the filters of now. */
export function outliersMessage(
  state: AppState,
  { info, treeRef: tree }: Ground,
  { cuts }: PartitionAnswer,
): Extract<Message, { view: "outliers" }> {
  return {
    view: "outliers",
    result: info.name,
    tree,
    where: whereOf(state.filter),
    cuts: plain(cuts),
    limit: MOST_OUTLIERS,
  };
}

/** Groups whose course over the epochs is shown, by node: the pinned ones, else the selected, else the largest. */
export function courseGroups({ pins, selection }: AppState, tree: Tree): readonly number[] {
  const chosen = pins.length > 0 ? pins : selection.kind === "groups" ? selection.nodes : [];
  const rows = chosen.map((wire) => tree.nodeOfWire[wire] ?? -1).filter((node) => node >= 0);
  return (rows.length > 0 ? rows : largestGroups(tree)).slice(0, MOST_COURSES);
}

/** Groups right below the root, largest first. */
function largestGroups({ nNodes, depth, classId, start, stop }: Tree): readonly number[] {
  const size = (node: number) => (stop[node] as number) - (start[node] as number);
  const groups = Array.from({ length: nNodes }, (_, node) => node).filter(
    (node) => depth[node] === 1 && (classId[node] as number) < 0,
  );
  return groups.sort((a, b) => size(b) - size(a));
}

function changeMessage(state: AppState, { info, treeRef: tree }: Ground, manifest: Manifest): Ask<"change"> {
  const isListed = state.side === "groups" && state.perClass;
  if (state.icicle.colour !== "change" && !isListed) return null;
  const baseline = chosenBaseline(manifest, state, info);
  const where = metricWhere(state.filter);
  return baseline && { view: "change", result: info.name, tree, where, baseline: baseline.name };
}

/** Layers and groups, while branches are made or the tree is coloured by where its groups separate. */
function branchMessages(
  { side, icicle, branches }: AppState,
  { info, treeRef: tree }: Ground,
  manifest: Manifest,
): Pick<TreeAsks, "separability" | "suggest"> {
  const none = { separability: null, suggest: null };
  const isOpen = side === "branches";
  if (!isOpen && icicle.colour !== "separation") return none;
  const { own, layers } = probesOf(manifest, info);
  if (!own || layers.length === 0) return none;
  const about = { results: layers.slice(0, MOST_PROBES).map(({ name }) => name), final: own.name, tree };
  const { tau, weight, most, plan } = branches;
  const suggestion = { ...about, tau, weight, ...(most !== null && { most }) };
  return {
    separability: { view: "separability", ...about },
    suggest: isOpen && plan === null ? { view: "suggest", ...suggestion } : null,
  };
}

function seriesMessage(state: AppState, ground: Ground, manifest: Manifest): Ask<"series"> {
  const { info, tree, treeRef } = ground;
  const results = seriesOf(manifest, info).map(({ name }) => name);
  const nodes = courseGroups(state, tree);
  if (results.length < 2 || nodes.length === 0) return null;
  return { view: "series", results, tree: treeRef, nodes, where: metricWhere(state.filter) };
}

/** The filters that group metrics are counted after (see GroupMetrics). */
function metricWhere(filter: Filter): WhereMessage {
  return whereOf({ ...filter, topK: 0, minCount: 1 });
}

const plain = memo((cuts: Int32Array): readonly number[] => [...cuts]);

function partitionMessage(
  { nBlocks, objective, along, result, filter }: PartitionChoice,
  tree: Ground["treeRef"],
): Extract<Message, { view: "partition" }> {
  const where = whereOf({ ...filter, activation: null });
  return { view: "partition", result, tree, where, n_blocks: nBlocks, objective, along };
}

/** A filter as the wire writes it, without what keeps everything. */
export function whereOf({ topK, pPred, pTrue, minCount, activation }: Filter): WhereMessage {
  return {
    ...(topK > 0 && { top_k: topK }),
    ...((pPred[0] > 0 || pPred[1] < 1) && { p_pred: pPred }),
    ...((pTrue[0] > 0 || pTrue[1] < 1) && { p_true: pTrue }),
    ...(minCount > 1 && { min_count: minCount }),
    ...(activation && { activation }),
  };
}
