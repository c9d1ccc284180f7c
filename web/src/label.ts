import { nodeOfRange } from "./core/blocks";
import type { Classes, Tree } from "./core/data";
import { resultTitle } from "./results";
import type { ResultInfo } from "./source/source";
import type { AppState, Filter, GroupMetric, IcicleState, Part, Range, Selection } from "./state/state";

const PARTS: { readonly [P in Part]: string } = {
  both: "TP, FP and FN of",
  tp: "TP of",
  tp_correct: "correct TP of",
  tp_confused: "confused TP of",
  fp: "FP of",
  fn: "FN of",
  true: "true",
  pred: "predicted",
};

/** What a selection is, in words: "FN of bird · top-5 wrong · cnn epoch 8". */
export function selectionLabel(
  state: AppState,
  tree: Tree,
  classes: Classes,
  result: ResultInfo | null,
): string {
  const parts = [subject(state.selection, tree, classes)];
  if (state.filter.topK > 0) parts.push(topKLabel(state.filter.topK));
  if (result) parts.push(resultTitle(result));
  return parts.join(" · ");
}

/** What the tree is coloured by, in words. */
export function colourName({
  colour,
  metric,
  probe,
}: Pick<IcicleState, "colour" | "metric" | "probe">): string {
  if (colour === "change") return `change of ${metricName(metric)}`;
  if (colour === "inside") return "accuracy inside";
  if (colour === "probe") return `recall of the probe at ${probe}`;
  if (colour === "separation") return "separating layer";
  return colour === "f1" ? "F1" : colour;
}

/** "F1" is written with a capital. */
export function metricName(metric: GroupMetric): string {
  return metric === "f1" ? "F1" : metric;
}

/** What to add to a metric's name while a filter is on that metrics leave out. */
export function rankNote(filter: Filter): string {
  return filter.topK > 0 ? ", rank filter left out" : "";
}

/** "errors" for k = 1, else "top-k wrong". */
export function topKLabel(k: number): string {
  return k === 1 ? "errors" : `top-${k} wrong`;
}

/** By node: its name where space is tight. */
export function nodeLabels(tree: Tree, classes: Classes): readonly string[] {
  return tree.name.map((name, node) => classes.short[tree.classId[node]] ?? name);
}

/** Name of a node: the class name on a leaf, so that both views call it the same. */
export function nodeName(tree: Tree, classes: Classes, node: number): string {
  const classId = tree.classId[node];
  return (classId >= 0 ? classes.name[classId] : tree.name[node]) ?? "";
}

/** Names from the top group down to the node, without the root. */
export function nodePath(tree: Tree, classes: Classes, node: number): readonly string[] {
  const path: string[] = [];
  for (let at = node; at > 0; at = tree.parent[at]) path.unshift(nodeName(tree, classes, at));
  return path;
}

function subject(selection: Selection, tree: Tree, classes: Classes): string {
  switch (selection.kind) {
    case "none":
      return "All samples";
    case "groups": {
      const names = selection.nodes.map((wire) => shortName(tree, classes, tree.nodeOfWire[wire]));
      return `${PARTS[selection.part]} ${listed(names)}`;
    }
    case "cells": {
      const [box, ...more] = selection.boxes;
      if (!box) return "No cells";
      const rows = rangeName(box.rows.start, box.rows.stop, tree, classes);
      const cols = rangeName(box.cols.start, box.cols.stop, tree, classes);
      const isPair = more.length === 1 && isSame(more[0].rows, box.cols) && isSame(more[0].cols, box.rows);
      if (isPair) return `${rows.name} and ${cols.name} taken for each other`;
      if (more.length > 0) return `${selection.boxes.length} boxes of cells`;
      return rows.isGroup || cols.isGroup
        ? `true in ${rows.name}, predicted in ${cols.name}`
        : `${rows.name} taken for ${cols.name}`;
    }
    case "lasso":
      return "Cells inside a lasso";
    case "top":
      return `Strongest for neuron ${selection.neuron} of ${selection.layer}`;
  }
}

function shortName(tree: Tree, classes: Classes, node: number): string {
  return classes.short[tree.classId[node]] ?? nodeName(tree, classes, node);
}

function isSame(a: Range, b: Range): boolean {
  return a.start === b.start && a.stop === b.stop;
}

function rangeName(
  start: number,
  stop: number,
  tree: Tree,
  classes: Classes,
): { readonly name: string; readonly isGroup: boolean } {
  if (stop - start === 1) return { name: classes.short[tree.classOfLeaf[start]] ?? "", isGroup: false };
  const node = nodeOfRange(tree, start, stop);
  if (node > 0) return { name: shortName(tree, classes, node), isGroup: true };
  return { name: `${(stop - start).toLocaleString("en-US")} classes`, isGroup: false };
}

function listed(names: readonly string[]): string {
  return names.length <= 3
    ? names.join(", ")
    : `${names.slice(0, 2).join(", ")} and ${names.length - 2} more`;
}
