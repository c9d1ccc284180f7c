import { describe, expect, it } from "vitest";
import { courseGroups, treeAsks } from "../../src/asks";
import { baselineGroups, baselineTitle, changeTicks } from "../../src/panels/baselines";
import { verdict } from "../../src/panels/changeTip";
import { tipOf } from "../../src/panels/tooltip";
import { chosenBaseline } from "../../src/results";
import type { Manifest, ResultInfo } from "../../src/source/source";
import { fromHash } from "../../src/state/hash";
import { initialState } from "../../src/state/state";
import { pageOf } from "./page";

const page = pageOf("colour=change&hierarchy=given&baseline=table");

function result(name: string, model: string, epoch: number | null): ResultInfo {
  return { ...page.result, name, coordinates: { model, epoch, layer: null, transform: null, split: "val" } };
}

const [a1, a2, a3] = [1, 2, 3].map((epoch) => result(`a${epoch}`, "a", epoch)) as [
  ResultInfo,
  ResultInfo,
  ResultInfo,
];
const lone = result("import", "other", null);
const study = (...results: ResultInfo[]): Manifest => ({ ...page.manifest, results });

describe("the baseline", () => {
  it("is the epoch before, else another model, else the next epoch", () => {
    const all = study(a1, a2, a3, lone);
    expect(chosenBaseline(all, initialState, a3)).toBe(a2);
    expect(chosenBaseline(all, initialState, a1)).toBe(lone);
    expect(chosenBaseline(all, initialState, lone)).toBe(a3);
    expect(chosenBaseline(study(a1, a2), initialState, a1)).toBe(a2);
    expect(chosenBaseline(study(a1), initialState, a1)).toBeNull();
  });

  it("stays the one chosen while epochs change, and is ignored when it is gone", () => {
    const all = study(a1, a2, a3, lone);
    for (const shown of [a1, a2, a3]) expect(chosenBaseline(all, { baseline: "a2" }, shown)).toBe(a2);
    expect(chosenBaseline(all, { baseline: "a9" }, a3)).toBe(a2);
  });

  it("is chosen from every result but the one shown", () => {
    const groups = baselineGroups(study(a1, lone, a2, a3), a2);
    expect(groups).toEqual([
      {
        title: "a",
        options: [
          { name: "a1", text: "epoch 1" },
          { name: "a3", text: "epoch 3" },
        ],
      },
      { title: null, options: [{ name: "import", text: "other" }] },
    ]);
    expect(baselineGroups(study(a1, a2, lone), lone)).toEqual([
      {
        title: "a",
        options: [
          { name: "a1", text: "a epoch 1" },
          { name: "a2", text: "a epoch 2" },
        ],
      },
    ]);
    expect(baselineTitle(study(a1, a2, lone), a2, a1)).toBe("epoch 1");
    expect(baselineTitle(study(a1, a2, lone), lone, a1)).toBe("a epoch 1");
  });
});

describe("coloured by change", () => {
  it("shows the differences of the chosen metric on a symmetric scale", () => {
    expect(page.change?.isPaired).toBe(false);
    const f1 = pageOf("colour=change&metric=f1&hierarchy=given&baseline=table");
    for (const [one, metric] of [
      [page, "recall"],
      [f1, "f1"],
    ] as const) {
      expect([...one.model.nodeValue]).toEqual([...(one.change?.[metric].value ?? [])]);
      const [low, high] = one.model.nodeRange;
      expect(low).toBe(-high);
    }
    expect(changeTicks([0.3, -0.05, Number.NaN], [-0.2, 0.2])).toEqual(["−20", "0", "≥ +20"]);
    expect(changeTicks([-0.3], [-0.2, 0.2])).toEqual(["≤ −20", "0", "+20"]);
  });

  it("is undefined until the differences have arrived", () => {
    const waiting = pageOf("colour=change&hierarchy=given&baseline=net");
    expect(waiting.change).toBeNull();
    expect(waiting.model.nodeValue.every(Number.isNaN)).toBe(true);
  });

  it("asks about the samples that metrics are counted from", () => {
    const state = fromHash("colour=change&topk=5&min=3&ppred=0.5,1");
    const { change } = treeAsks(state, page.ground, page.manifest);
    expect(change).toMatchObject({ result: "net", baseline: "table", where: { p_pred: [0.5, 1] } });
    expect(change?.where).not.toHaveProperty("top_k");
    expect(change?.where).not.toHaveProperty("min_count");
  });

  it("tells before, after and difference of a group", () => {
    const node = page.model.tree.name.indexOf("animal");
    const rows = tipOf(page, { kind: "node", node })?.rows ?? [];
    const value = page.change?.recall.value[node] as number;
    const now = page.model.groups.recall[node] as number;
    expect(rows[0]?.[0]).toBe("change of recall");
    expect(rows[0]?.[1]).toBe(`${value < 0 ? "−" : "+"}${Math.abs(100 * value).toFixed(1)} points`);
    expect(rows[1]).toEqual(["recall before", `${(100 * (now - value)).toFixed(1)} %`, "other"]);
    const empty = page.model.tree.name.indexOf("Ärmel › sleeve");
    expect(tipOf(page, { kind: "node", node: empty })?.rows[0]).toEqual([
      "change of recall",
      "–",
      "undefined here or in other",
    ]);
  });

  it("says in words what may be chance", () => {
    expect(verdict({ value: -0.03, low: -0.051, high: -0.013 }, 0.0004)).toBe("−5.1 … −1.3, p < 0.001");
    expect(verdict({ value: 0.03, low: 0.01, high: 0.05 }, Number.NaN)).toBe("+1.0 … +5.0");
    expect(verdict({ value: 0.03, low: -0.01, high: 0.07 }, 0.21)).toBe(
      "−1.0 … +7.0, p = 0.210, not significant",
    );
    expect(verdict({ value: 0.03, low: 0.001, high: 0.07 }, 0.06)).toContain("not significant");
  });
});

describe("the course over epochs", () => {
  it("is of the pinned groups, else the selected, else the largest below the root", () => {
    const { tree } = page.model;
    const state = fromHash("pins=2&sel=both:3.1");
    expect(courseGroups(state, tree)).toEqual([2]);
    expect(courseGroups({ ...state, pins: [] }, tree)).toEqual([3, 1]);
    const top = courseGroups(initialState, tree);
    expect(top.map((node) => tree.name[node])).toEqual(["animal", "artefact"]);
  });

  it("is asked for where there are epochs and the panel is open", () => {
    const networks = page.manifest.results.filter(({ coordinates }) => !coordinates.layer);
    const epochs = networks.map((one, at) => ({
      ...one,
      coordinates: { ...page.result.coordinates, epoch: 3 - at },
    }));
    const manifest = { ...page.manifest, results: epochs };
    const ground = { ...page.ground, info: epochs[0] as ResultInfo };
    const state = fromHash("side=groups&topk=1");
    expect(treeAsks(state, ground, manifest).series).toMatchObject({
      results: ["table", "net"],
      tree: { hierarchy: "given" },
      where: {},
    });
    expect(treeAsks({ ...state, side: "samples" }, ground, manifest).series).toBeNull();
    expect(treeAsks(state, page.ground, page.manifest).series).toBeNull();
  });
});
