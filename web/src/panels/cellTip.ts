import { hasBit } from "../core/bits";
import { findCell } from "../core/cells";
import { ancestors } from "../core/hierarchy";
import { cellValue } from "../core/values";
import type { Page } from "../derive";
import { nodeName } from "../label";
import { tileTotals } from "../layout/pyramid";
import type { Region } from "../layout/regions";
import type { Model } from "../model";
import { blockName } from "./blocks/blocks";
import { count, measure, rate } from "./format";
import type { Tip } from "./tip";

const MOST_EXAMPLES = 6;
const MOST_GROUPS = 3;

/** Words for one cell: its classes, its exact numbers and examples of its samples. */
export function cellTip(
  { model, manifest }: Page,
  row: number,
  col: number,
  tile: Region | null = null,
): Tip | null {
  const { tree, classes, cells, filtered, groups, state, mapped } = model;
  const trueClass = tree.classOfLeaf[row];
  const predClass = tree.classOfLeaf[col];
  if (trueClass === undefined || predClass === undefined) return null;
  const cell = findCell(cells, trueClass, predClass);
  const n = cell < 0 ? 0 : filtered.count[cell];
  const [trueLeaf, predLeaf] = [tree.nodeOfLeaf[row], tree.nodeOfLeaf[col]];
  const nTrue = groups.tp[trueLeaf] + groups.fn[trueLeaf];
  const nPred = groups.tp[predLeaf] + groups.fp[predLeaf];
  const group = ancestors(tree).of(row, col);
  const isHidden = n > 0 && n < state.filter.minCount;
  const note = state.filter.topK > 0 ? ", rank filter left out" : "";
  const rows: [string, string, string][] = [
    ["samples", count(n), isHidden ? "hidden by the cell filter" : ""],
    ["row rate", rate(n / nTrue), `of ${count(nTrue)} true${note}`],
    ["column rate", rate(n / nPred), `of ${count(nPred)} predicted${note}`],
  ];
  if (mapped.kind === "pair") {
    rows.push(["pair rate", rate(cellValue(mapped, trueClass, predClass)), "mean of both ways"]);
  }
  rows.push(...outlierRows(model, trueClass, predClass));
  if (row === col) rows.push(["group", nodeName(tree, classes, tree.parent[trueLeaf]) || "all classes", ""]);
  else {
    rows.push(["common group", nodeName(tree, classes, group) || "all classes", ""]);
    for (const [name, leaf] of [
      ["true in", trueLeaf],
      ["predicted in", predLeaf],
    ] as const) {
      const path = pathBelow(model, group, leaf);
      if (path !== "") rows.push([name, path, ""]);
    }
  }
  rows.push(...tileRows(model, tile));
  return {
    title: `${classes.name[trueClass]} → ${classes.name[predClass]}`,
    note: row === col ? "correct" : "true → predicted",
    rows,
    classes: [],
    samples: manifest.study.has_thumbnails && n > 0 ? examplesOf(model, cell) : [],
  };
}

/** What else shares the pixel of a cell; nothing when it has one to itself. */
function tileRows(model: Model, tile: Region | null): [string, string, string][] {
  const { tree, classes, cells, filtered, state } = model;
  if (tile === null || Math.max(tile.rows.stop, tile.cols.stop) > cells.nClasses) return [];
  const { minCount } = state.filter;
  const found = tileTotals(tree, cells, filtered.count, minCount, state.encoding.diagonal, tile);
  if (found === null || found.nCells < 2) return [];
  const ends = ({ start, stop }: Region["rows"]) =>
    [start, stop - 1].map((leaf) => classes.short[tree.classOfLeaf[leaf]]).join(" … ");
  return [
    ["in this pixel", count(found.sum), `samples in ${count(found.nCells)} cells, this one strongest`],
    ["its rows", count(tile.rows.stop - tile.rows.start), ends(tile.rows)],
    ["its columns", count(tile.cols.stop - tile.cols.start), ends(tile.cols)],
  ];
}

/** Words for the cells of a block or between two blocks. */
export function regionTip(page: Page, { rows, cols }: Region): Tip | null {
  const { tree, classes, cells, filtered, state } = page.model;
  if (rows.stop > cells.nClasses || cols.stop > cells.nClasses) return null;
  const { minCount } = state.filter;
  const found = tileTotals(tree, cells, filtered.count, minCount, false, { rows, cols });
  const nErrors = Math.round(page.nShown * (1 - page.accuracy)) || 0;
  const isBlock = rows.start === cols.start && rows.stop === cols.stop;
  const [down, across] = [blockName(tree, classes, rows), blockName(tree, classes, cols)];
  const nRows = rows.stop - rows.start;
  const nCols = cols.stop - cols.start;
  const area = nRows * nCols - overlap(rows, cols);
  const most = found
    ? [tree.classOfLeaf[found.row], tree.classOfLeaf[found.col]].map((one) => classes.short[one]).join(" → ")
    : "";
  return {
    title: isBlock ? `inside ${down}` : `${down} → ${across}`,
    note: isBlock
      ? `${count(nRows)} classes, click for its confusions`
      : "true → predicted, click for its samples",
    rows: [
      ["errors", count(found?.sum ?? 0), nErrors > 0 ? `${rate((found?.sum ?? 0) / nErrors)} of all` : ""],
      ["cells", count(found?.nCells ?? 0), `of ${count(area)}`],
      ...(found ? ([["largest", count(found.most), most]] as const) : []),
    ],
    classes: [],
  };
}

function overlap(a: Region["rows"], b: Region["cols"]): number {
  return Math.max(0, Math.min(a.stop, b.stop) - Math.max(a.start, b.start));
}

function outlierRows({ outliers }: Model, trueClass: number, predClass: number): [string, string, string][] {
  if (outliers === null) return [];
  for (let at = 0; at < outliers.true.length; at++) {
    if (outliers.true[at] !== trueClass || outliers.pred[at] !== predClass) continue;
    const surprise = outliers.surprise[at];
    return [
      ["expected", measure(outliers.expected[at]), "between these blocks"],
      ["surprise", Number.isNaN(surprise) ? "–" : surprise.toFixed(1), "−log10 of the probability"],
    ];
  }
  return [];
}

/** Groups between a common group and a class, from above: the last ones where they are many. */
function pathBelow({ tree, classes }: Model, group: number, leaf: number): string {
  const names: string[] = [];
  for (let at = tree.parent[leaf]; at > group; at = tree.parent[at]) {
    if (names.length === MOST_GROUPS) return ["…", ...names].join(" › ");
    names.unshift(nodeName(tree, classes, at));
  }
  return names.join(" › ");
}

/** The samples of a cell that the network is surest of. */
function examplesOf({ cells, rows, filtered }: Model, cell: number): readonly number[] {
  if (rows === null) return [];
  const best: number[] = [];
  for (let row = cells.rowStart[cell]; row < cells.rowStart[cell + 1]; row++) {
    if (!hasBit(filtered.keep, row)) continue;
    let at = best.length;
    while (at > 0 && rows.pPred[row] > rows.pPred[best[at - 1] as number]) at--;
    if (at >= MOST_EXAMPLES) continue;
    best.splice(at, 0, row);
    best.length = Math.min(best.length, MOST_EXAMPLES);
  }
  return best.map((row) => rows.sample[row]);
}
