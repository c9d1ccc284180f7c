import { countBlocks } from "../core/blocks";
import { findCell } from "../core/cells";
import type { Page } from "../derive";
import { createMeasure, drawPlot, drawSheet } from "../export/png";
import { type Heading, sheetOf } from "../export/sheet";
import { svgOf } from "../export/svg";
import { listTable, mostFields, regionTable, selectionTable, type Table, viewRegion } from "../export/tables";
import { squarePlot } from "../layout/frame";
import { resultTitle } from "../results";
import { blockRows, regionTable as blockTable } from "./blocks/blocks";
import { chipsOf } from "./chips";
import { copyText, csvOf } from "./csv";
import { download } from "./download";
import { count } from "./format";
import { ticksOf, valueWords } from "./legend";

/** One way out of the matrix. */
export interface ExportItem {
  readonly id: string;
  readonly name: string;
  run(): void;
}

export interface CopyUse {
  readonly page: Page;
  /** The cell that is meant, if any. */
  readonly cell: { readonly row: number; readonly col: number } | null;
  onnote(text: string): void;
}

/** How large the matrix is on the page, in CSS px, and device pixels per CSS px. */
export interface Screen {
  readonly size: { readonly width: number; readonly height: number };
  readonly ratio: number;
}

/** The screen of the matrix in an element. */
export function screenOf(stage: HTMLElement): Screen {
  const host = stage.querySelector(".canvas-host") ?? stage;
  return {
    size: { width: host.clientWidth, height: host.clientHeight },
    ratio: devicePixelRatio,
  };
}

/** What can be copied now, as comma-separated values. */
export function copyItems({ page, cell, onnote }: CopyUse): readonly ExportItem[] {
  const { model } = page;
  const copy = (id: string, name: string, what: string, table: () => Table): ExportItem => ({
    id,
    name,
    run() {
      const { header, rows } = table();
      void copyText(csvOf(header, rows), what, onnote);
    },
  });
  const items: ExportItem[] = [];
  if (cell) items.push(copy("cell", "Copy this cell", "Cell", () => cellTable(page, cell)));
  const { selection } = model.state;
  if (selection.kind !== "none" && selection.kind !== "top") {
    items.push(
      copy("selection", "Copy the selected cells", "Selected cells", () => selectionTable(model) as Table),
    );
  }
  const region = viewRegion(model);
  const [nRows, nCols] = [region.rows, region.cols].map(({ start, stop }) => stop - start) as [
    number,
    number,
  ];
  const name =
    nRows * nCols > mostFields
      ? "Copy the cells shown, as a list"
      : `Copy the matrix shown, ${count(nRows)} × ${count(nCols)}`;
  items.push(copy("view", name, "Matrix", () => regionTable(model, region)));
  if (model.partition) {
    items.push(copy("blocks", "Copy the table of blocks", "Table of blocks", () => blocksTable(page)));
  }
  return items;
}

/** Pictures of the view that can be saved. */
export function saveItems({ page, onnote, size, ratio }: CopyUse & Screen): readonly ExportItem[] {
  const { model } = page;
  const name = `${page.manifest.study.name} ${page.shown.name}`.replace(/[^\p{L}\p{N}._-]+/gu, "-");
  const sheet = () => sheetOf(model, headingOf(page), squarePlot(size));
  return [
    {
      id: "png",
      name: "Save as picture (PNG)",
      run() {
        drawSheet(sheet(), model, ratio).toBlob((blob) => {
          if (blob) download(blob, `${name}.png`);
          else onnote("The picture is too large for this browser");
        });
      },
    },
    {
      id: "svg",
      name: "Save as drawing (SVG)",
      run() {
        const made = sheet();
        const raster = () => drawPlot(made, model, ratio).toDataURL("image/png");
        const text = svgOf(made, model.dark, createMeasure(), raster);
        download(new Blob([text], { type: "image/svg+xml" }), `${name}.svg`);
      },
    },
  ];
}

/** Copy what is meant most likely: the selection, else the cell, else everything shown. */
export function copyNearest(use: CopyUse): void {
  const items = copyItems(use);
  const nearest = ["selection", "cell", "view"].find((id) => items.some((one) => one.id === id));
  items.find((one) => one.id === nearest)?.run();
}

function blocksTable({ model, metricCount }: Page): Table {
  const { tree, classes, cells, filtered, partition, groups, state } = model;
  if (!partition) return { header: [], rows: [] };
  const shown = countBlocks(tree, cells, filtered.count, state.filter.minCount, partition.cuts);
  const inside = countBlocks(tree, cells, metricCount, 1, partition.cuts);
  const rows = blockRows(tree, classes, partition, shown, inside, groups);
  const { nBlocks, errors, correct } = shown;
  return blockTable(
    rows,
    (row, col) => errors[row * nBlocks + col] + (state.encoding.diagonal && row === col ? correct[row] : 0),
  );
}

function cellTable({ model }: Page, { row, col }: { readonly row: number; readonly col: number }): Table {
  const { tree, cells } = model;
  const cell = findCell(cells, tree.classOfLeaf[row], tree.classOfLeaf[col]);
  return listTable(model, (one) => one === cell);
}

/** What a picture says about itself. */
export function headingOf(page: Page): Heading {
  const { model, manifest, shown, hierarchy } = page;
  const { encoding } = model.state;
  const chips = chipsOf(page).map((chip) => chip.text);
  const { nShown } = page;
  const parts = [
    `${count(nShown)} of ${count(model.cells.nSamples)} samples`,
    `order: ${hierarchy}`,
    `${count(model.cells.nClasses)} classes`,
    encoding.diagonal ? "with the diagonal" : "diagonal hidden",
    ...chips,
  ];
  return {
    title: `${manifest.study.name} · ${resultTitle(shown)}`,
    note: parts.join(" · "),
    unit: valueWords[encoding.value].unit,
    ticks: ticksOf(model),
  };
}
