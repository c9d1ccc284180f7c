import type { Ground } from "./ground";
import { memo } from "./memo";
import type { PartitionAnswer } from "./source/answers";
import type { Message, WhereMessage } from "./source/source";
import type { AppState, Filter, PartitionChoice } from "./state/state";

type Ask<V extends Message["view"]> = Extract<Message, { view: V }> | null;

/** Questions about the tree shown; null where the state asks none. Rows of the answers are nodes of `ground.tree`. */
export interface TreeAsks {
  readonly partition: Ask<"partition">;
  readonly criteria: Ask<"criteria">;
  readonly compare: Ask<"compare">;
  readonly repair: Ask<"repair">;
  readonly summary: Ask<"summary">;
}

const MOST_OUTLIERS = 500;
const MOST_REPAIRS = 50;

/** What a state asks about the tree it shows. */
export function treeAsks(state: AppState, { info, treeRef: tree }: Ground): TreeAsks {
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
