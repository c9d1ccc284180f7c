import { describe, expect, it } from "vitest";
import { chosenBaseline, lineOf, probesOf, stopAction, stopName } from "../src/results";
import type { Manifest, ResultInfo } from "../src/source/source";
import { pageOf } from "./panels/page";

const base = pageOf("").manifest;
const layers = ["stem", "stage1", "stage2", "stage10"].map((name) => ({
  name,
  n_neurons: 1,
  side: 1,
  n_top: 1,
  nonnegative: true,
}));

function result(
  name: string,
  model: string | null,
  epoch: number | null,
  layer: string | null = null,
): ResultInfo {
  return {
    name,
    coordinates: { model, epoch, layer, transform: layer ? "none" : null, split: "val" },
    n_samples: 1,
    has_probabilities: false,
    has_rank: false,
    layers: layer ? [] : layers,
  };
}

function study(...results: ResultInfo[]): Manifest {
  return { ...base, results };
}

const names = (results: readonly ResultInfo[]) => results.map(({ name }) => name);
const find = (manifest: Manifest, name: string) =>
  manifest.results.find((one) => one.name === name) as ResultInfo;

// As the manifest sorts them: by model, epoch, layer.
const trained = study(
  result("net-1", "net", 1),
  result("net-2", "net", 2),
  result("net-2-probe-stage1", "net", 2, "stage1"),
  result("net-2-probe-stage10", "net", 2, "stage10"),
  result("net-2-probe-stage2", "net", 2, "stage2"),
  result("net-2-probe-stem", "net", 2, "stem"),
  result("other", "other", null),
);

describe("probes", () => {
  it("are those of the network at that epoch, from the input to the output", () => {
    const found = probesOf(trained, find(trained, "net-2"));
    expect(found.own?.name).toBe("net-2");
    expect(found.layers.map(({ coordinates }) => coordinates.layer)).toEqual([
      "stem",
      "stage1",
      "stage2",
      "stage10",
    ]);
    expect(probesOf(trained, find(trained, "net-2-probe-stem"))).toEqual(found);
    expect(probesOf(trained, find(trained, "net-1")).layers).toEqual([]);
    expect(probesOf(trained, find(trained, "other")).layers).toEqual([]);
  });

  it("stand as the study lists them where the layers are not recorded", () => {
    const bare = study(...trained.results.map((one) => ({ ...one, layers: [] })));
    const found = probesOf(bare, find(bare, "net-2"));
    expect(names(found.layers).map((name) => name.slice(12))).toEqual([
      "stage1",
      "stage10",
      "stage2",
      "stem",
    ]);
  });

  it("are found by name where the model is called otherwise or not at all", () => {
    const renamed = study(
      result("a", null, null),
      result("b", null, null),
      result("b-probe-stem", null, null, "stem"),
      result("b-probe-stage1", "probed", 3, "stage1"),
    );
    expect(names(probesOf(renamed, find(renamed, "b")).layers)).toEqual(["b-probe-stem", "b-probe-stage1"]);
    expect(probesOf(renamed, find(renamed, "b-probe-stem")).own?.name).toBe("b");
    expect(probesOf(renamed, find(renamed, "a")).layers).toEqual([]);
  });

  it("of one layer are those named after the network, or the one shown", () => {
    const twice = study(
      result("net", "net", 1),
      result("again-probe-stem", "net", 1, "stem"),
      result("net-probe-stem", "net", 1, "stem"),
    );
    expect(names(probesOf(twice, find(twice, "net")).layers)).toEqual(["net-probe-stem"]);
    const orphan = study(result("again-probe-stem", "net", 1, "stem"));
    expect(probesOf(orphan, find(orphan, "again-probe-stem"))).toMatchObject({ own: null, layers: [{}] });
  });
});

describe("the slider", () => {
  it("moves along the epochs of a network and the layers of a probe", () => {
    const own = lineOf(trained, find(trained, "net-2"), null);
    expect(own).toMatchObject({ axis: "epoch", axes: ["epoch", "layer"] });
    expect(names(own.stops)).toEqual(["net-1", "net-2"]);
    const probe = lineOf(trained, find(trained, "net-2-probe-stage2"), null);
    expect(probe.axes).toEqual(["layer"]);
    expect(names(probe.stops)).toEqual([
      "net-2-probe-stem",
      "net-2-probe-stage1",
      "net-2-probe-stage2",
      "net-2-probe-stage10",
      "net-2",
    ]);
    expect(probe.stops.map((stop) => stopName(stop, "layer"))).toEqual([
      "layer stem",
      "layer stage1",
      "layer stage2",
      "layer stage10",
      "output",
    ]);
  });

  it("keeps to the layers at the output, until told otherwise", () => {
    const output = find(trained, "net-2");
    const action = stopAction(trained, "layer", output);
    expect(action).toEqual({ type: "result", name: "net-2", follow: true, along: "layer" });
    expect(lineOf(trained, output, "layer").axis).toBe("layer");
    expect(stopAction(trained, "epoch", output)).toMatchObject({ along: null });
  });

  it("takes the only axis there is, or none", () => {
    expect(lineOf(trained, find(trained, "net-1"), "layer").axis).toBe("epoch");
    expect(lineOf(trained, find(trained, "other"), null).axes).toEqual([]);
    const single = study(result("n", "n", 1), result("n-probe-stem", "n", 1, "stem"));
    expect(lineOf(single, find(single, "n"), null)).toMatchObject({ axis: "layer", axes: ["layer"] });
  });
});

it("compares a probe with its network, and networks with networks", () => {
  const state = { baseline: null };
  expect(chosenBaseline(trained, state, find(trained, "net-2-probe-stem"))?.name).toBe("net-2");
  expect(chosenBaseline(trained, state, find(trained, "net-2"))?.name).toBe("net-1");
  expect(chosenBaseline(trained, state, find(trained, "net-1"))?.name).toBe("other");
});
