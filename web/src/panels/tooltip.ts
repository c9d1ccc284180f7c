import { f1Estimate } from "../core/interval";
import type { Page } from "../derive";
import { nodeName, nodePath } from "../label";
import type { Hover } from "../model";
import { probeRows } from "./branches/probeTip";
import { cellTip, regionTip } from "./cellTip";
import { changeRows } from "./changeTip";
import { count, counted, measure, rate } from "./format";
import { ends } from "./groups/words";
import { interval } from "./interval";
import type { Tip } from "./tip";

const MOST_THUMBNAILS = 8;

/** Words for what the pointer is on; null when that is nothing (any more). */
export function tipOf(page: Page, hover: Hover): Tip | null {
  switch (hover.kind) {
    case "node":
      return hover.node < page.model.tree.nNodes ? nodeTip(page, hover.node) : null;
    case "cell":
      return cellTip(page, hover.row, hover.col, hover.tile ?? null);
    case "response":
      return responseTip(page, hover.leaf, hover.column, hover.position);
    case "neuron":
      return neuronTip(page, hover.column);
    case "region":
      return regionTip(page, hover);
  }
}

function nodeTip(page: Page, node: number): Tip {
  const { model, layer, manifest, comparison } = page;
  const { tree, classes, groups } = model;
  const tp = groups.tp[node];
  const fp = groups.fp[node];
  const fn = groups.fn[node];
  const start = tree.start[node];
  const n = tree.stop[node] - start;
  const rows: [string, string, string][] = [
    ["recall", rate(groups.recall[node]), interval(tp, tp + fn)],
    ["precision", rate(groups.precision[node]), interval(tp, tp + fp)],
    ["F1", rate(groups.f1[node]), ends(f1Estimate(tp, fp, fn))],
    [
      "TP, FP, FN",
      [tp, fp, fn].map(count).join(" · "),
      model.state.filter.topK > 0 ? "rank filter left out" : "",
    ],
  ];
  if (model.state.icicle.colour === "neuron") {
    rows.unshift([
      `neuron ${model.state.responses.neuron}`,
      measure(model.nodeValue[node]),
      `mean, ${layer?.name ?? ""}`,
    ]);
  }
  if (model.state.icicle.colour === "agreement" && comparison) {
    const best = comparison.bestName[node];
    rows.unshift(["overlap", comparison.jaccard[node].toFixed(2), `with ${best} of ${model.state.compare}`]);
  }
  if (model.state.icicle.colour === "inside") {
    rows.unshift([
      "right inside",
      rate(model.nodeValue[node]),
      interval(Math.round(model.nodeValue[node] * tp), tp),
    ]);
  }
  rows.unshift(...probeRows(page, node));
  if (model.state.icicle.colour === "change") rows.unshift(...changeRows(page, node));
  const title = nodeName(tree, classes, node) || "all classes";
  const above = nodePath(tree, classes, node).slice(0, -1).join(" › ");
  const aliases = tree.aliases[node];
  const size = n > 1 ? counted(n, "class", "classes") : "";
  const step = Math.max(1, n / MOST_THUMBNAILS);
  const shown = Array.from(
    { length: Math.min(n, MOST_THUMBNAILS) },
    (_, at) => tree.classOfLeaf[start + Math.floor(at * step)],
  );
  return {
    title,
    note: [size, aliases && aliases !== title ? aliases : "", above].filter(Boolean).join(" · "),
    rows,
    classes: manifest.study.has_thumbnails && model.rows ? shown : [],
  };
}

function responseTip({ model }: Page, leaf: number, column: number, position: number): Tip | null {
  const block = model.responses;
  const classId = model.tree.classOfLeaf[leaf];
  const neuron = block?.neurons[column];
  if (!block || classId === undefined || neuron === undefined) return null;
  const lines = block.side * block.side;
  const value = block.value[(classId * block.neurons.length + column) * lines + position];
  const rows: [string, string, string][] = [
    ["mean response", measure(value), value >= block.threshold ? "at or above T" : ""],
    [scoreTitle(block.scoreName), measure(block.score[neuron]), "of the neuron"],
  ];
  if (lines > 1)
    rows.push([
      "position",
      `row ${Math.floor(position / block.side) + 1}, column ${(position % block.side) + 1}`,
      `of ${block.side} × ${block.side}`,
    ]);
  return { title: `${model.classes.name[classId]} · neuron ${neuron}`, note: block.layer, rows, classes: [] };
}

function neuronTip({ model }: Page, column: number): Tip | null {
  const block = model.responses;
  const neuron = block?.neurons[column];
  if (!block || neuron === undefined) return null;
  return {
    title: `neuron ${neuron}`,
    note: `${block.layer} · click for its strongest samples`,
    rows: [[scoreTitle(block.scoreName), measure(block.score[neuron]), ""]],
    classes: [],
  };
}

/** Name of what a column header shows. */
export function scoreTitle(scoreName: string): string {
  return scoreName === "relevance" ? "relevance (Eq. 2)" : scoreName;
}
