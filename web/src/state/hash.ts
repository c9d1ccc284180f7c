import {
  readBranches,
  readDraft,
  readPartition,
  readProposal,
  writeBranches,
  writeDraft,
  writePartition,
  writeProposal,
} from "./hashParts";
import {
  type AppState,
  type Axis,
  type Draft,
  initialState,
  type Part,
  type PartitionChoice,
  type Proposal,
  type Range,
  type Rect,
  type Selection,
} from "./state";

const MAX_LIST = 4096;
const MAX_ID = 2 ** 31 - 1;
const PARTS: readonly Part[] = ["both", "tp", "tp_correct", "tp_confused", "fp", "fn", "true", "pred"];

/** Write what differs from the initial state, as `key=value&…` without the leading `#`. */
export function toHash(state: AppState): string {
  const start = initialState;
  const pairs: [string, string | null][] = [
    ["result", state.result],
    ["follow", state.follow === start.follow ? null : flag(state.follow)],
    ["hierarchy", state.hierarchy],
    ["tab", differs(state.tab, start.tab)],
    ["tool", differs(state.tool, start.tool)],
    ["view", state.viewport && writeRect(state.viewport)],
    ["sel", writeSelection(state.selection)],
    ["topk", differs(state.filter.topK, start.filter.topK)],
    ["ppred", writeSpan(state.filter.pPred)],
    ["ptrue", writeSpan(state.filter.pTrue)],
    ["min", differs(state.filter.minCount, start.filter.minCount)],
    ["act", state.filter.activation && writeActivation(state.filter.activation)],
    ["side", differs(state.side, start.side)],
    ["draft", state.draft && writeDraft(state.draft)],
    ["propose", state.proposal && writeProposal(state.proposal)],
    ["bench", differs(state.workbench, start.workbench)],
    ["compare", state.compare],
    ["branches", writeBranches(state.branches)],
    ["baseline", state.baseline],
    ["classes", state.perClass ? "1" : null],
    ["along", state.along],
    ["blocks", state.partition && writePartition(state.partition)],
    ["pins", state.pins.length ? state.pins.join(".") : null],
    ["value", differs(state.encoding.value, start.encoding.value)],
    ["colours", differs(state.encoding.colours, start.encoding.colours)],
    ["scale", differs(state.encoding.scale, start.encoding.scale)],
    ["diagonal", state.encoding.diagonal ? "1" : null],
    ["halo", state.encoding.halo === start.encoding.halo ? null : flag(state.encoding.halo)],
    ["max", differs(state.encoding.frozenMax, null)],
    ["low", differs(state.encoding.frozenMin, null)],
    ["rings", state.encoding.outliers === start.encoding.outliers ? null : flag(state.encoding.outliers)],
    ["sums", state.encoding.sums ? "1" : null],
    ["colour", differs(state.icicle.colour, start.icicle.colour)],
    ["probe", state.icicle.probe],
    ["metric", differs(state.icicle.metric, start.icicle.metric)],
    ["sort", differs(state.icicle.sort, start.icicle.sort)],
    ["desc", state.icicle.descending ? "1" : null],
    ["layer", state.responses.layer],
    ["threshold", differs(state.responses.threshold, null)],
    ["order", differs(state.responses.order, start.responses.order)],
    ["neuron", differs(state.responses.neuron, null)],
    ["page", differs(state.responses.page, 0)],
    ["nodes", state.responses.nodes.length ? state.responses.nodes.join(".") : null],
    ["group", differs(state.samples.groupBy, start.samples.groupBy)],
    ["by", differs(state.samples.sort, start.samples.sort)],
    ["asc", state.samples.descending ? null : "1"],
    ["open", differs(state.samples.open, null)],
    ["sample", differs(state.samples.detail, null)],
    ["thumb", differs(state.samples.side, start.samples.side)],
  ];
  return pairs
    .filter((pair): pair is [string, string] => pair[1] !== null)
    .map(([key, value]) => `${key}=${escape_(value)}`)
    .join("&");
}

/** Read a hash; whatever is unknown, malformed or out of range is the default. Never throws. */
export function fromHash(hash: string): AppState {
  const values = split(hash);
  const read = <T>(key: string, parse: (text: string) => T | null, otherwise: T): T => {
    const text = values.get(key);
    return text === undefined ? otherwise : (parse(text) ?? otherwise);
  };
  const choose =
    <T extends string>(...choices: readonly T[]) =>
    (text: string) =>
      choices.find((choice) => choice === text) ?? null;
  const start = initialState;
  return {
    result: read<string | null>("result", label, start.result),
    follow: read("follow", bool, start.follow),
    hierarchy: read<string | null>("hierarchy", label, start.hierarchy),
    tab: read("tab", choose("matrix", "responses"), start.tab),
    tool: read("tool", choose("box", "lasso"), start.tool),
    side: read(
      "side",
      choose("samples", "blocks", "hierarchy", "groups", "branches", "findings"),
      start.side,
    ),
    draft: read<Draft | null>("draft", readDraft, null),
    proposal: read<Proposal | null>("propose", readProposal, null),
    workbench: read("bench", choose("edit", "compare", "repair"), start.workbench),
    compare: read<string | null>("compare", label, null),
    baseline: read<string | null>("baseline", label, null),
    perClass: read("classes", bool, start.perClass),
    along: read<Axis | null>("along", choose("epoch", "layer"), null),
    branches: read("branches", readBranches, start.branches),
    partition: read<PartitionChoice | null>("blocks", readPartition, null),
    pins: read("pins", readNodes, start.pins),
    viewport: read<Rect | null>("view", readRect, start.viewport),
    selection: read("sel", readSelection, start.selection),
    filter: {
      topK: read("topk", integer(0, 1000), start.filter.topK),
      pPred: read("ppred", readSpan, start.filter.pPred),
      pTrue: read("ptrue", readSpan, start.filter.pTrue),
      minCount: read("min", integer(1, MAX_ID), start.filter.minCount),
      activation: read("act", readActivation, start.filter.activation),
    },
    encoding: {
      scale: read("scale", choose("linear", "log", "rank"), start.encoding.scale),
      value: read("value", choose("count", "row", "column", "pair"), start.encoding.value),
      colours: read("colours", choose("blue", "viridis", "cividis", "grey"), start.encoding.colours),
      diagonal: read("diagonal", bool, start.encoding.diagonal),
      halo: read("halo", bool, start.encoding.halo),
      frozenMax: read<number | null>("max", positive, null),
      frozenMin: read<number | null>("low", positive, null),
      outliers: read("rings", bool, start.encoding.outliers),
      sums: read("sums", bool, start.encoding.sums),
    },
    icicle: {
      colour: read(
        "colour",
        choose("precision", "recall", "f1", "inside", "change", "neuron", "agreement", "probe", "separation"),
        start.icicle.colour,
      ),
      probe: read<string | null>("probe", label, null),
      metric: read("metric", choose("precision", "recall", "f1"), start.icicle.metric),
      sort: read("sort", choose("hierarchy", "name", "size", "precision", "recall", "f1"), start.icicle.sort),
      descending: read("desc", bool, start.icicle.descending),
    },
    responses: {
      layer: read<string | null>("layer", label, null),
      threshold: read<number | null>("threshold", real, null),
      order: read("order", choose("relevance", "mean", "index"), start.responses.order),
      neuron: read<number | null>("neuron", integer(0, MAX_ID), null),
      page: read("page", integer(0, MAX_ID), 0),
      nodes: read("nodes", readNodes, start.responses.nodes),
    },
    samples: {
      groupBy: read("group", choose("true", "pred", "none"), start.samples.groupBy),
      sort: read("by", choose("p_pred", "p_true", "sample"), start.samples.sort),
      descending: !read("asc", bool, false),
      open: read<number | null>("open", integer(0, MAX_ID), null),
      detail: read<number | null>("sample", integer(0, MAX_ID), null),
      side: read("thumb", integer(24, 128), start.samples.side),
    },
  };
}

function split(hash: string): Map<string, string> {
  const values = new Map<string, string>();
  for (const pair of hash.replace(/^#/, "").split("&")) {
    const at = pair.indexOf("=");
    if (at < 1) continue;
    try {
      values.set(pair.slice(0, at), decodeURIComponent(pair.slice(at + 1)));
    } catch {
      // a broken escape makes this one value the default
    }
  }
  return values;
}

/** Escape only what would end a value or be changed by a mail program, so that a person can read the rest. */
function escape_(text: string): string {
  return encodeURIComponent(text).replace(/%(2C|3A|2F|40)/g, decodeURIComponent);
}

const flag = (value: boolean): string => (value ? "1" : "0");
const bool = (text: string): boolean | null => (text === "1" ? true : text === "0" ? false : null);
const label = (text: string): string | null => (text.length > 0 && text.length <= 512 ? text : null);

function differs(value: string | number | null, start: string | number | null): string | null {
  return value === start || value === null ? null : typeof value === "number" ? short(value) : value;
}

function short(value: number): string {
  return String(Number(value.toPrecision(9)));
}

function real(text: string): number | null {
  if (!/^-?\d+(\.\d+)?(e[+-]?\d+)?$/i.test(text)) return null;
  const value = Number(text);
  return Number.isFinite(value) ? value : null;
}

function integer(low: number, high: number): (text: string) => number | null {
  return (text) => {
    if (!/^\d{1,10}$/.test(text)) return null;
    const value = Number(text);
    return value >= low && value <= high ? value : null;
  };
}

function positive(text: string): number | null {
  const value = real(text);
  return value !== null && value > 0 ? value : null;
}

function reals(text: string, separator: string, n: number): number[] | null {
  const values = text.split(separator).map(real);
  return values.length === n && values.every((value) => value !== null) ? (values as number[]) : null;
}

function writeRect(rect: Rect): string {
  return [rect.x0, rect.y0, rect.x1, rect.y1].map((value) => String(Math.round(value * 1e3) / 1e3)).join();
}

function readRect(text: string): Rect | null {
  const values = reals(text, ",", 4);
  if (!values) return null;
  const [x0, y0, x1, y1] = values as [number, number, number, number];
  return x1 > x0 && y1 > y0 && Math.max(...values.map(Math.abs)) <= MAX_ID ? { x0, y0, x1, y1 } : null;
}

function writeSpan([low, high]: readonly [number, number]): string | null {
  return low === 0 && high === 1 ? null : `${short(low)},${short(high)}`;
}

function readSpan(text: string): readonly [number, number] | null {
  const values = reals(text, ",", 2);
  if (!values) return null;
  const [low, high] = values as [number, number];
  return low >= 0 && high <= 1 && low <= high ? [low, high] : null;
}

function writeSelection(selection: Selection): string | null {
  switch (selection.kind) {
    case "none":
      return null;
    case "groups":
      return `${selection.part}:${selection.nodes.join(".")}`;
    case "cells":
      return `cells:${selection.boxes.map((box) => `${writeRange(box.rows)}x${writeRange(box.cols)}`).join(".")}`;
    case "lasso":
      return `lasso:${selection.polygon.map((point) => point.map(short).join("_")).join("..")}`;
    case "top":
      return `top:${selection.neuron}:${selection.layer}`;
  }
}

function readSelection(text: string): Selection | null {
  const at = text.indexOf(":");
  const kind = text.slice(0, Math.max(at, 0));
  const rest = text.slice(at + 1);
  if (kind === "cells") return readBoxes(rest);
  if (kind === "lasso") return readLasso(rest);
  if (kind === "top") {
    const one = readLayerNeuron(rest);
    return one && { kind: "top", ...one };
  }
  const part = PARTS.find((choice) => choice === kind);
  const nodes = part && readNodes(rest);
  return nodes?.length ? { kind: "groups", nodes, part: part as Part } : null;
}

function readNodes(text: string): readonly number[] | null {
  const items = text.split(".");
  if (items.length > MAX_LIST) return null;
  const nodes = items.map(integer(0, MAX_ID));
  return nodes.every((node) => node !== null) ? [...new Set(nodes as number[])] : null;
}

function writeRange(range: Range): string {
  return `${range.start}-${range.stop}`;
}

function readBoxes(text: string): Selection | null {
  const items = text.split(".");
  if (items.length > MAX_LIST) return null;
  const boxes: { rows: Range; cols: Range }[] = [];
  for (const item of items) {
    const match = /^(\d{1,9})-(\d{1,9})x(\d{1,9})-(\d{1,9})$/.exec(item);
    if (!match) return null;
    const [a, b, c, d] = match.slice(1).map(Number) as [number, number, number, number];
    if (b <= a || d <= c) return null;
    boxes.push({ rows: { start: a, stop: b }, cols: { start: c, stop: d } });
  }
  return { kind: "cells", boxes };
}

function readLasso(text: string): Selection | null {
  const items = text.split("..");
  if (items.length < 3 || items.length > MAX_LIST) return null;
  const polygon: (readonly [number, number])[] = [];
  for (const item of items) {
    const point = reals(item, "_", 2);
    if (!point) return null;
    polygon.push(point as [number, number]);
  }
  return { kind: "lasso", polygon };
}

function writeActivation(value: { layer: string; neuron: number; min: number }): string {
  return `${short(value.min)}:${value.neuron}:${value.layer}`;
}

function readActivation(text: string): { layer: string; neuron: number; min: number } | null {
  const at = text.indexOf(":");
  const min = real(text.slice(0, Math.max(at, 0)));
  const one = readLayerNeuron(text.slice(at + 1));
  return min !== null && one ? { ...one, min } : null;
}

function readLayerNeuron(text: string): { layer: string; neuron: number } | null {
  const at = text.indexOf(":");
  const neuron = integer(0, MAX_ID)(text.slice(0, Math.max(at, 0)));
  const layer = label(text.slice(at + 1));
  return neuron !== null && layer !== null ? { layer, neuron } : null;
}
