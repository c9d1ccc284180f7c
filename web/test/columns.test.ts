import { describe, expect, it } from "vitest";
import { classesOfNodes, orderColumns, pageSize, responseScale } from "../src/columns";
import { buildTree } from "../src/core/hierarchy";
import { chosenResult, resultTitle, seriesHeads, seriesOf } from "../src/results";
import type { LayerInfo, Manifest, ResultInfo } from "../src/source/source";
import { initialState } from "../src/state/state";
import { pageOf } from "../src/wanted";

const relevance = {
  score: Float32Array.of(2, Number.POSITIVE_INFINITY, Number.NaN, 2, Number.POSITIVE_INFINITY),
  scoreName: "relevance",
  meanIn: Float32Array.of(1, 3, 9, 1, 5),
  meanAll: Float32Array.of(5, 4, 3, 2, 1),
};

describe("column order", () => {
  it("is by relevance, the infinite first by their mean, the undefined last, ties by number", () => {
    expect([...orderColumns(relevance, "relevance", true).neurons]).toEqual([4, 1, 0, 3, 2]);
  });

  it("is by mean when asked for, or when there is no group to be relevant to", () => {
    expect(orderColumns(relevance, "mean", true)).toMatchObject({ scoreName: "mean in group" });
    expect([...orderColumns(relevance, "mean", true).neurons]).toEqual([2, 4, 1, 0, 3]);
    expect([...orderColumns(relevance, "relevance", false).neurons]).toEqual([0, 1, 2, 3, 4]);
  });

  it("is by number", () => {
    expect([...orderColumns(relevance, "index", true).neurons]).toEqual([0, 1, 2, 3, 4]);
  });

  it("has pages that stay inside the layer", () => {
    const neurons = Int32Array.of(4, 3, 2, 1, 0);
    expect(pageOf(neurons, 3, 4)).toEqual([1, 0]);
    expect(pageOf(neurons, 99, 4)).toEqual([0]);
    const layer = (n_neurons: number, side: number) => ({ n_neurons, side }) as LayerInfo;
    expect([layer(512, 4), layer(512, 1), layer(20, 1), layer(512, 16)].map(pageSize)).toEqual([
      32, 256, 20, 8,
    ]);
  });
});

it("finds the classes below nodes, whatever the nesting", () => {
  // root 0 = [a 1 = [leaf 2, leaf 3], leaf 4]
  const tree = buildTree({
    parent: Int32Array.of(-1, 0, 1, 1, 0),
    start: Int32Array.of(0, 0, 0, 1, 2),
    stop: Int32Array.of(3, 2, 1, 2, 3),
    depth: Int32Array.of(0, 1, 2, 2, 1),
    class: Int32Array.of(-1, -1, 2, 0, 1),
    name: ["", "", "", "", ""],
    aliases: ["", "", "", "", ""],
  });
  expect(classesOfNodes(tree, [1])).toEqual([0, 2]);
  expect(classesOfNodes(tree, [0, 2])).toEqual([0, 1, 2]);
  expect(classesOfNodes(tree, [4, 99])).toEqual([1]);
});

it("chooses a threshold that 5 % of the responses reach", () => {
  const value = Float32Array.from({ length: 101 }, (_, at) => at);
  expect(responseScale(value)).toEqual({ threshold: 95, maximum: 100 });
  expect(responseScale(new Float32Array(3).fill(Number.NaN))).toEqual({ threshold: 0, maximum: 0 });
});

describe("result sets", () => {
  const result = (name: string, coordinates: Partial<ResultInfo["coordinates"]>): ResultInfo => ({
    name,
    coordinates: { model: "net", epoch: null, layer: null, transform: null, split: "val", ...coordinates },
    n_samples: 1,
    has_probabilities: true,
    has_rank: true,
    layers: [],
  });
  const results = [
    result("e10", { epoch: 10 }),
    result("e2", { epoch: 2, transform: "none" }),
    result("probe", { epoch: 10, layer: "conv" }),
    result("grey", { epoch: 10, transform: "grayscale" }),
    result("table", { model: null }),
  ];
  const manifest = { results } as unknown as Manifest;

  it("make a series when only the epoch differs", () => {
    expect(seriesOf(manifest, results[0]).map(({ name }) => name)).toEqual(["e2", "e10"]);
    expect(seriesOf(manifest, results[4])).toEqual([results[4]]);
    expect(seriesHeads(manifest).map(({ name }) => name)).toEqual(["e10", "probe", "grey", "table"]);
  });

  it("are named for people", () => {
    expect(results.map(resultTitle)).toEqual([
      "net epoch 10",
      "net epoch 2",
      "net · layer conv epoch 10",
      "net · grayscale epoch 10",
      "table",
    ]);
  });

  it("open with the last epoch of the plain network", () => {
    expect(chosenResult(manifest, initialState)?.name).toBe("e10");
    expect(chosenResult(manifest, { ...initialState, result: "gone" })?.name).toBe("e10");
    expect(chosenResult(manifest, { ...initialState, result: "grey" })?.name).toBe("grey");
    expect(chosenResult({ ...manifest, results: [] }, initialState)).toBeNull();
  });
});
