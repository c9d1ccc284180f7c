import {
  type BranchChoice,
  type BranchState,
  type Draft,
  type Edit,
  type Filter,
  initialState,
  type Objective,
  type PartitionChoice,
  type Proposal,
} from "./state";

/** Edits and branches that make a longer URL than this are left out of it: saving keeps them. */
export const LONGEST_DRAFT = 6000;

const MAX_ID = 2 ** 31 - 1;
const OBJECTIVES: readonly Objective[] = [
  "size_weighted",
  "pooled",
  "modularity",
  "least_squares",
  "mean_density",
];

/** Write edits as JSON, or null when a URL would not hold them. */
export function writeDraft(draft: Draft): string | null {
  const text = JSON.stringify([draft.base, ...draft.edits]);
  return text.length <= LONGEST_DRAFT ? text : null;
}

/** Read edits; one malformed edit makes the whole draft null, because those after it would mean something else. */
export function readDraft(text: string): Draft | null {
  const value = parse(text);
  if (!Array.isArray(value) || typeof value[0] !== "string" || value.length > 10_000) return null;
  const edits = value.slice(1);
  return edits.every(isEdit) ? { base: value[0], edits } : null;
}

export function writeProposal({ node, method, source, seed }: Proposal): string {
  return [node, method, source, seed].join(":");
}

export function readProposal(text: string): Proposal | null {
  const match = /^(\d{1,9}):([a-z_]{1,40}):(confusions|logits):(\d{1,9})$/.exec(text);
  if (!match) return null;
  const [, node, method, source, seed] = match as unknown as [
    string,
    string,
    string,
    Proposal["source"],
    string,
  ];
  return { node: Number(node), method, source, seed: Number(seed) };
}

/** "0.8,0.3,auto,0/stage1:0.3:1.2.5/…", or null when nothing is to be said or the branches are too long for a URL. */
export function writeBranches({ tau, weight, most, plan, at }: BranchState): string | null {
  const written = isTooLong(plan) ? null : plan;
  const numbers = [tau, weight, most ?? "auto", at].join();
  const chosen = written === null ? [] : ["plan", ...written.map(writeBranch)];
  const text = [numbers, ...chosen].join("/");
  const { branches } = initialState;
  const initial = [branches.tau, branches.weight, "auto", branches.at].join();
  return text === initial ? null : text;
}

/** Whether an address does not hold these branches. */
export function isTooLong(plan: BranchState["plan"]): boolean {
  return plan !== null && plan.map(writeBranch).join("/").length > LONGEST_DRAFT;
}

/** Read branches; one that is malformed makes the whole null. */
export function readBranches(text: string): BranchState | null {
  const [numbers = "", mark, ...parts] = text.split("/");
  const [tau, weight, most, at, ...more] = numbers
    .split(",")
    .map((one) => (one === "auto" ? null : real(one)));
  const fits =
    isShare(tau) && isWeight(weight) && (most === null || isId(most)) && isId(at) && more.length === 0;
  if (!fits || (mark !== undefined && mark !== "plan")) return null;
  const branches = parts.map(readBranch);
  if (!branches.every((branch) => branch !== null)) return null;
  return { tau, weight, most: most ?? null, at, plan: mark === undefined ? null : branches };
}

function writeBranch({ layer, weight, nodes }: BranchChoice): string {
  return [encodeURIComponent(layer), weight, nodes.join(".")].join(":");
}

function readBranch(text: string): BranchChoice | null {
  const match = /^([^:]{1,512}):([\d.e+-]{1,24}):(\d{1,9}(?:\.\d{1,9})*)$/.exec(text);
  if (!match) return null;
  const [, layer, weight, nodes] = match as unknown as [string, string, string, string];
  const number = real(weight);
  if (!isWeight(number)) return null;
  try {
    return { layer: decodeURIComponent(layer), weight: number, nodes: nodes.split(".").map(Number) };
  } catch {
    return null;
  }
}

function real(text: string): number {
  return text === "" ? Number.NaN : Number(text);
}

function isShare(value: unknown): value is number {
  return typeof value === "number" && value >= 0 && value <= 1;
}

function isWeight(value: unknown): value is number {
  return typeof value === "number" && value >= 0 && Number.isFinite(value);
}

export function writePartition({ nBlocks, objective, along, result, filter }: PartitionChoice): string {
  const { topK, pPred, pTrue, minCount } = filter;
  return JSON.stringify([nBlocks, objective, along, result, topK, ...pPred, ...pTrue, minCount]);
}

export function readPartition(text: string): PartitionChoice | null {
  const value = parse(text);
  if (!Array.isArray(value) || value.length !== 10) return null;
  const [nBlocks, objective, along, result, topK, low, high, least, most, minCount] = value;
  const fits =
    (nBlocks === "auto" || isId(nBlocks)) &&
    OBJECTIVES.includes(objective) &&
    (along === "order" || along === "tree") &&
    typeof result === "string" &&
    isId(topK) &&
    isId(minCount) &&
    [low, high, least, most].every((bound) => typeof bound === "number" && bound >= 0 && bound <= 1);
  if (!fits) return null;
  const filter: Omit<Filter, "activation"> = { topK, pPred: [low, high], pTrue: [least, most], minCount };
  return { nBlocks, objective, along, result, filter };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

function isId(value: unknown): value is number {
  return Number.isInteger(value) && (value as number) >= 0 && (value as number) <= MAX_ID;
}

function isIds(value: unknown): boolean {
  return Array.isArray(value) && value.length > 0 && value.every(isId);
}

function isText(value: unknown): boolean {
  return typeof value === "string" && value.length <= 10_000;
}

function isEdit(value: unknown): value is Edit {
  if (typeof value !== "object" || value === null) return false;
  const edit = value as Record<string, unknown>;
  switch (edit.kind) {
    case "rename":
      return isId(edit.node) && isText(edit.name);
    case "move":
      return isIds(edit.nodes) && isId(edit.into) && (edit.before === null || isId(edit.before));
    case "group":
      return isIds(edit.nodes) && isText(edit.name);
    case "merge":
      return isIds(edit.nodes);
    case "dissolve":
      return isId(edit.node);
    case "replace":
      return (
        isId(edit.node) &&
        isTree(edit.parent, edit.classId, edit.names) &&
        typeof edit.how === "object" &&
        edit.how !== null
      );
    default:
      return false;
  }
}

function isTree(parent: unknown, classId: unknown, names: unknown): boolean {
  if (!Array.isArray(parent) || !Array.isArray(classId) || !Array.isArray(names)) return false;
  const n = parent.length;
  if (n === 0 || classId.length !== n || names.length !== n || parent[0] !== -1) return false;
  const isAbove = (above: unknown, node: number) => node === 0 || (isId(above) && (above as number) < node);
  return parent.every(isAbove) && classId.every((id) => id === -1 || isId(id)) && names.every(isText);
}
