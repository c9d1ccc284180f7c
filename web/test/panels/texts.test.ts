import { describe, expect, it } from "vitest";
import { shortNames } from "../../src/core/names";
import { nodeLabels, nodeName, rankNote, selectionLabel } from "../../src/label";
import { focusedBlock } from "../../src/panels/block";
import { chipsOf } from "../../src/panels/chips";
import { count, counted, measure, probability, rate } from "../../src/panels/format";
import { searchNodes } from "../../src/panels/search";
import { tipOf } from "../../src/panels/tooltip";
import { pageOf } from "./page";

describe("numbers", () => {
  it("have thousands separators and no false digits", () => {
    expect(count(1_281_167)).toBe("1,281,167");
    expect([rate(0.8734), rate(1), rate(Number.NaN)]).toEqual(["87.3 %", "100.0 %", "–"]);
    expect([probability(0.1), probability(0), probability(1e-5), probability(Number.NaN)]).toEqual([
      "0.100",
      "0.000",
      "< 0.001",
      "–",
    ]);
    expect([
      measure(12.345),
      measure(0),
      measure(1e-5),
      measure(12345.6),
      measure(Number.POSITIVE_INFINITY),
    ]).toEqual(["12.3", "0", "1.0e-5", "12,346", "∞"]);
    expect([counted(1, "class", "classes"), counted(0, "sample")]).toEqual(["1 class", "0 samples"]);
  });
});

//          all
//      ┌────┴─────┐
//   animal    artefact
//   ┌──┴──┐    ┌──┴──┐
//  bird  dog  cup  sleeve
//  ┌┴──┐
// robin jay
describe("search", () => {
  const { tree, classes } = pageOf("").model;
  const names = (text: string) => searchNodes(tree, classes, text).map((one) => one.name);

  it("finds whole names before beginnings before parts, groups before classes", () => {
    expect(names("bird")).toEqual(["bird"]);
    expect(names("a")[0]).toBe("animal");
    expect(names("ROB")).toEqual(["robin"]);
    expect(names("  ")).toEqual([]);
    expect(names("nosuch")).toEqual([]);
  });

  it("says what it found, and keeps to the limit", () => {
    expect(searchNodes(tree, classes, "bird")[0]).toMatchObject({
      isGroup: true,
      nClasses: 2,
      within: "animal",
    });
    expect(searchNodes(tree, classes, "robin")[0]).toMatchObject({
      isGroup: false,
      nClasses: 1,
      within: "bird",
    });
    const all = searchNodes(tree, classes, "a", 100).map((one) => one.wireNode);
    expect(all.length).toBeGreaterThan(2);
    expect(searchNodes(tree, classes, "a", 2).map((one) => one.wireNode)).toEqual(all.slice(0, 2));
  });

  it("finds aliases of contracted groups and accented names", () => {
    expect(names("living thing")).toContain("animal");
    expect(names("mammal")).toEqual(["dog"]);
    expect(names("ärmel")).toEqual(["Ärmel › sleeve"]);
  });
});

describe("tooltips", () => {
  // cells: robin→robin 2, robin→dog 1, cup→cup 2, jay→jay 3, dog→robin 1, dog→dog 1
  const page = pageOf("");

  it("give a group its metrics with intervals and counts", () => {
    const bird = tipOf(page, { kind: "node", node: 2 });
    expect(bird).toMatchObject({ title: "bird", note: "2 classes · animal", classes: [0, 2] });
    expect(bird?.rows).toContainEqual(["recall", "83.3 %", "43.6 – 97.0, 5 of 6"]);
    expect(bird?.rows).toContainEqual(["TP, FP, FN", "5 · 1 · 1", ""]);
  });

  it("leave the rank filter out of the metrics, and say so", () => {
    const wrong = pageOf("topk=1");
    const rows = tipOf(wrong, { kind: "node", node: 2 })?.rows;
    expect(rows?.slice(0, 3)).toEqual(tipOf(page, { kind: "node", node: 2 })?.rows.slice(0, 3));
    expect(rows).toContainEqual(["TP, FP, FN", "5 · 1 · 1", "rank filter left out"]);
    expect(wrong.nShown).toBe(2);
    expect(wrong.model.groups.recall).toEqual(page.model.groups.recall);
  });

  it("follow the other filters in the metrics", () => {
    const sure = pageOf("ppred=0.5,1");
    const both = pageOf("ppred=0.5,1&topk=1");
    expect(sure.model.groups.recall).not.toEqual(page.model.groups.recall);
    expect(both.model.groups.recall).toEqual(sure.model.groups.recall);
    expect(both.nShown).toBeLessThan(sure.nShown);
  });

  it("say that a class without samples has no recall", () => {
    const sleeve = tipOf(page, { kind: "node", node: 8 });
    expect(sleeve?.rows[0]).toEqual(["recall", "–", "no samples"]);
  });

  it("give a cell its count, rate and group", () => {
    const cell = tipOf(page, { kind: "cell", row: 0, col: 2 });
    expect(cell).toMatchObject({ title: "robin → dog", note: "true → predicted" });
    expect(cell?.rows).toEqual([
      ["samples", "1", ""],
      ["row rate", "33.3 %", "of 3 true"],
      ["column rate", "50.0 %", "of 2 predicted"],
      ["common group", "animal", ""],
      ["true in", "bird", ""],
    ]);
    expect(tipOf(page, { kind: "cell", row: 0, col: 0 })?.rows.at(-1)).toEqual(["group", "bird", ""]);
    expect(tipOf(pageOf("topk=1"), { kind: "cell", row: 0, col: 2 })?.rows[1]).toEqual([
      "row rate",
      "33.3 %",
      "of 3 true, rank filter left out",
    ]);
    const pair = tipOf(pageOf("value=pair"), { kind: "cell", row: 0, col: 2 });
    expect(pair?.rows).toContainEqual(["pair rate", "41.7 %", "mean of both ways"]);
    expect(tipOf(pageOf("min=2"), { kind: "cell", row: 0, col: 2 })?.rows[0][2]).toBe(
      "hidden by the cell filter",
    );
  });

  it("give a region its errors, their share and the largest of them", () => {
    const range = (start: number, stop: number) => ({ start, stop });
    const inside = tipOf(page, { kind: "region", rows: range(0, 3), cols: range(0, 3) });
    expect(inside).toMatchObject({ title: "inside animal" });
    expect(inside?.rows).toEqual([
      ["errors", "2", "100.0 % of all"],
      ["cells", "2", "of 6"],
      ["largest", "1", "robin → dog"],
    ]);
    const between = tipOf(page, { kind: "region", rows: range(0, 3), cols: range(3, 5) });
    expect(between).toMatchObject({ title: "animal → artefact" });
    expect(between?.rows).toEqual([
      ["errors", "0", "0.0 % of all"],
      ["cells", "0", "of 6"],
    ]);
  });

  it("give a cell what shares its pixel", () => {
    const tile = { rows: { start: 0, stop: 4 }, cols: { start: 0, stop: 4 } };
    const shared = tipOf(page, { kind: "cell", row: 0, col: 2, tile });
    expect(shared?.title).toBe("robin → dog");
    expect(shared?.rows.slice(-3)).toEqual([
      ["in this pixel", "2", "samples in 2 cells, this one strongest"],
      ["its rows", "4", "robin … cup"],
      ["its columns", "4", "robin … cup"],
    ]);
    const withCorrect = tipOf(pageOf("diagonal=1"), { kind: "cell", row: 0, col: 0, tile });
    expect(withCorrect?.rows.at(-3)).toEqual([
      "in this pixel",
      "10",
      "samples in 6 cells, this one strongest",
    ]);
    const alone = { rows: { start: 0, stop: 1 }, cols: { start: 2, stop: 3 } };
    expect(tipOf(page, { kind: "cell", row: 0, col: 2, tile: alone })?.rows).toEqual(
      tipOf(page, { kind: "cell", row: 0, col: 2 })?.rows,
    );
  });

  it("show the surest samples of a cell", () => {
    const { rows } = page.model;
    const jay = tipOf(page, { kind: "cell", row: 1, col: 1 })?.samples ?? [];
    expect(jay).toHaveLength(3);
    const sure = jay.map((sample) => rows?.pPred[rows.sample.indexOf(sample)] ?? 0);
    expect(sure).toEqual([...sure].sort((a, b) => b - a));
    expect(tipOf(page, { kind: "cell", row: 3, col: 0 })?.samples).toEqual([]);
  });

  it("are none for what is gone", () => {
    expect(tipOf(page, { kind: "node", node: 99 })).toBeNull();
    expect(tipOf(page, { kind: "cell", row: 99, col: 0 })).toBeNull();
    expect(tipOf(page, { kind: "neuron", column: 0 })).toBeNull();
  });
});

describe("labels and chips", () => {
  const page = pageOf("");
  const box = (row: number, col: number) => ({
    rows: { start: row, stop: row + 1 },
    cols: { start: col, stop: col + 1 },
  });

  it("name the selection and every active filter, and take them away", () => {
    const page = pageOf("sel=fn:2&topk=5&min=2&ppred=0.25,1");
    expect(page.model.selectionLabel).toBe("FN of bird · top-5 wrong · net epoch 3");
    expect(chipsOf(page).map(({ id, text }) => `${id}: ${text}`)).toEqual([
      "selection: FN of bird",
      "minCount: cells ≥ 2",
      "topK: top-5 wrong",
      "pPred: p(pred) 0.25 – 1.00",
    ]);
    expect(chipsOf(page)[0].remove).toEqual({ type: "clearSelection" });
    expect(chipsOf(pageOf(""))).toEqual([]);
  });

  it("give the partition, unsaved edits, comparison and pins a chip that takes them away", () => {
    const draft = JSON.stringify(["given", { kind: "rename", node: 1, name: "beast" }]);
    const blocks = JSON.stringify(["auto", "modularity", "order", "net", 0, 0, 1, 0, 1, 1]);
    const parts = [`draft=${draft}`, `blocks=${blocks}`, "compare=other", "pins=1.2", "topk=1"];
    const chips = chipsOf(pageOf(parts.map((part) => encodeURI(part)).join("&")));
    expect(chips.map(({ text, isFilter, remove }) => [text, isFilter, remove.type])).toEqual([
      ["1 unsaved edit", false, "dropDraft"],
      ["compared with other", false, "compare"],
      ["blocks", false, "partition"],
      ["2 pins", false, "pins"],
      ["errors", true, "filter"],
    ]);
  });

  it("add a word to metrics while a rank filter is on", () => {
    expect(rankNote(pageOf("topk=5").model.state.filter)).toBe(", rank filter left out");
    expect(rankNote(pageOf("ppred=0.5,1").model.state.filter)).toBe("");
  });

  it("leave synonyms out of labels, not out of tooltips", () => {
    const { tree, state } = page.model;
    const name = ["robin, Turdus migratorius", "b", "c", "dog, domestic dog", "d"];
    const classes = { name, short: shortNames(name), key: name };
    const selected = { ...state, selection: { kind: "cells", boxes: [box(0, 2)] } } as const;
    expect(selectionLabel(selected, tree, classes, null)).toBe("robin taken for dog");
    expect(nodeLabels(tree, classes)[tree.nodeOfLeaf[0]]).toBe("robin");
    expect(nodeLabels(tree, classes)[2]).toBe("bird");
    expect(nodeName(tree, classes, tree.nodeOfLeaf[0])).toBe("robin, Turdus migratorius");
  });

  it("name groups where a box is as large as they are", () => {
    expect(pageOf("sel=cells:0-3x3-5").model.selectionLabel).toMatch(
      /^true in animal, predicted in artefact · /,
    );
    expect(pageOf("sel=cells:0-2x2-3").model.selectionLabel).toMatch(/^true in bird, predicted in dog · /);
    expect(pageOf("sel=cells:1-3x2-4").model.selectionLabel).toMatch(/^2 classes taken for 2 classes · /);
  });

  it("name a pair of cells by both classes", () => {
    const { selectionLabel: label } = pageOf("sel=cells:0-1x2-3.2-3x0-1").model;
    expect(label).toMatch(/^robin and dog taken for each other · /);
    expect(pageOf("sel=cells:0-1x2-3.2-3x1-2").model.selectionLabel).toMatch(/^2 boxes of cells · /);
  });

  it("name one cell by its classes", () => {
    expect(pageOf("sel=cells:0-1x2-3").model.selectionLabel).toMatch(/^robin taken for dog · /);
  });
});

it("tells the block in focus as a table", () => {
  const { tree, classes, cells, filtered, state } = pageOf("sel=fn:1").model;
  expect(focusedBlock(tree, classes, cells, filtered, state.selection, 1)).toEqual({
    title: "animal",
    names: ["bird", "dog"],
    counts: [
      [5, 1],
      [1, 1],
    ],
  });
});
