import { describe, expect, it } from "vitest";
import { fromHash, toHash } from "../../src/state/hash";
import { type AppState, type Edit, initialState, type Part, type Selection } from "../../src/state/state";

const PARTS: Part[] = ["both", "tp", "tp_correct", "tp_confused", "fp", "fn", "true", "pred"];
const NAMES = ["net-epoch-8", "a b", "50% & more=1", "Ärmel › #1", "ünï/cödé:2", "x,y.z"];

const EDITS: Edit[] = [
  { kind: "rename", node: 3, name: "50% & more=1 › ü" },
  { kind: "move", nodes: [4, 9], into: 2, before: null },
  { kind: "move", nodes: [4], into: 2, before: 7 },
  { kind: "group", nodes: [5, 6], name: "" },
  { kind: "merge", nodes: [1, 2] },
  { kind: "dissolve", node: 8 },
  {
    kind: "replace",
    node: 1,
    parent: [-1, 0, 0],
    classId: [-1, 4, 2],
    names: ["a", "b", "c"],
    how: { seed: 0 },
  },
];

/** Mulberry32: small, seeded, good enough to choose test cases. */
function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

function anyState(seed: number): AppState {
  const next = random(seed);
  const integer = (n: number) => Math.floor(next() * n);
  const pick = <T>(values: readonly T[]) => values[integer(values.length)];
  const maybe = <T>(value: () => T) => (next() < 0.5 ? value() : null);
  const span = () => [integer(500) / 1000, (500 + integer(501)) / 1000] as const;
  const range = () => {
    const start = integer(900);
    return { start, stop: start + 1 + integer(99) };
  };
  const nodes = () => [...new Set(Array.from({ length: 1 + integer(5) }, () => integer(2000)))];
  const selections: (() => Selection)[] = [
    () => ({ kind: "none" }),
    () => ({ kind: "groups", nodes: nodes(), part: pick(PARTS) }),
    () => ({
      kind: "cells",
      boxes: Array.from({ length: 1 + integer(3) }, () => ({ rows: range(), cols: range() })),
    }),
    () => ({
      kind: "lasso",
      polygon: Array.from(
        { length: 3 + integer(5) },
        () => [integer(9e5) / 1000, integer(9e5) / 1000] as const,
      ),
    }),
    () => ({ kind: "top", layer: pick(NAMES), neuron: integer(4096) }),
  ];
  return {
    result: maybe(() => pick(NAMES)),
    follow: next() < 0.5,
    hierarchy: maybe(() => pick(NAMES)),
    tab: pick(["matrix", "responses"] as const),
    tool: pick(["box", "lasso"] as const),
    side: pick(["samples", "blocks", "hierarchy", "groups", "branches", "findings"] as const),
    draft: maybe(() => ({
      base: pick(NAMES),
      edits: Array.from({ length: 1 + integer(4) }, () => pick(EDITS)),
    })),
    proposal: maybe(() => ({
      node: integer(900),
      method: pick(["olo", "recursive_ncut"]),
      source: pick(["confusions", "logits"] as const),
      seed: integer(9),
    })),
    workbench: pick(["edit", "compare", "repair"] as const),
    compare: maybe(() => pick(NAMES)),
    baseline: maybe(() => pick(NAMES)),
    perClass: next() < 0.5,
    along: maybe(() => pick(["epoch", "layer"] as const)),
    branches: {
      tau: integer(21) / 20,
      weight: integer(9) / 8,
      most: maybe(() => 2 + integer(60)),
      plan: maybe(() =>
        Array.from({ length: integer(4) }, () => ({
          layer: pick(NAMES),
          nodes: [integer(900), 900 + integer(900)],
          weight: integer(9) / 8,
        })),
      ),
      at: integer(3),
    },
    partition: maybe(() => ({
      nBlocks: pick(["auto", 2, 20] as const),
      objective: pick(["size_weighted", "pooled", "modularity", "least_squares", "mean_density"] as const),
      along: pick(["order", "tree"] as const),
      result: pick(NAMES),
      filter: { topK: integer(6), pPred: span(), pTrue: span(), minCount: 1 + integer(9) },
    })),
    pins: next() < 0.5 ? [] : nodes(),
    viewport: maybe(() => {
      const x0 = integer(1e6) / 1000 - 3;
      return { x0, y0: x0 / 2 < 0 ? 0 : 12.125, x1: x0 + 7, y1: 900.5 };
    }),
    selection: pick(selections)(),
    filter: {
      topK: integer(11),
      pPred: span(),
      pTrue: span(),
      minCount: 1 + integer(400),
      activation: maybe(() => ({
        layer: pick(NAMES),
        neuron: integer(512),
        min: (integer(1e6) - 5e5) / 100,
      })),
    },
    encoding: {
      scale: pick(["linear", "log", "rank"] as const),
      value: pick(["count", "row", "column", "pair"] as const),
      colours: pick(["blue", "viridis", "cividis", "grey"] as const),
      diagonal: next() < 0.5,
      halo: next() < 0.5,
      frozenMax: maybe(() => 1 + integer(5000)),
      frozenMin: maybe(() => 2 ** -(1 + integer(8))),
      outliers: integer(2) === 1,
      sums: next() < 0.5,
    },
    icicle: {
      colour: pick([
        "precision",
        "recall",
        "f1",
        "inside",
        "change",
        "neuron",
        "agreement",
        "probe",
        "separation",
      ] as const),
      probe: maybe(() => pick(NAMES)),
      metric: pick(["precision", "recall", "f1"] as const),
      sort: pick(["hierarchy", "name", "size", "precision", "recall", "f1"] as const),
      descending: next() < 0.5,
    },
    responses: {
      layer: maybe(() => pick(NAMES)),
      threshold: maybe(() => integer(1e6) / 1000),
      order: pick(["relevance", "mean", "index"] as const),
      neuron: maybe(() => integer(4096)),
      page: integer(4096),
      nodes: next() < 0.5 ? [] : nodes(),
    },
    samples: {
      groupBy: pick(["true", "pred", "none"] as const),
      sort: pick(["p_pred", "p_true", "sample"] as const),
      descending: next() < 0.5,
      open: maybe(() => integer(1000)),
      detail: maybe(() => integer(1e6)),
      side: 24 + integer(100),
    },
  };
}

/** Coordinates travel with a thousandth of a leaf. */
function rounded(state: AppState): AppState {
  if (!state.viewport) return state;
  const at = (value: number) => Math.round(value * 1000) / 1000;
  const { x0, y0, x1, y1 } = state.viewport;
  return { ...state, viewport: { x0: at(x0), y0: at(y0), x1: at(x1), y1: at(y1) } };
}

describe("round trip", () => {
  it("says nothing about the initial state", () => {
    expect(toHash(initialState)).toBe("");
    expect(fromHash("")).toEqual(initialState);
    expect(fromHash("#")).toEqual(initialState);
  });

  it("restores any state", () => {
    for (let seed = 0; seed < 2000; seed++) {
      const state = anyState(seed);
      expect(fromHash(`#${toHash(state)}`)).toEqual(rounded(state));
    }
  });

  it("is readable and survives being a URL", () => {
    const state: AppState = {
      ...initialState,
      result: "net-epoch-8",
      selection: { kind: "groups", nodes: [12, 40], part: "fn" },
      filter: { ...initialState.filter, topK: 5, pPred: [0.5, 1] },
    };
    const hash = toHash(state);
    expect(hash).toBe("result=net-epoch-8&sel=fn:12.40&topk=5&ppred=0.5,1");
    expect(fromHash(new URL(`http://localhost/#${hash}`).hash)).toEqual(state);
  });
});

describe("hostile input", () => {
  const hostile = [
    "%",
    "%E0%A4%A",
    "=&=&&==",
    "sel",
    "sel=",
    "sel=fn",
    "sel=fn:",
    "sel=fn:-1",
    "sel=fn:1e9",
    "sel=fn:99999999999",
    "sel=nosuch:1",
    "sel=cells:5-1x0-1",
    "sel=cells:0-1",
    `sel=fn:${Array.from({ length: 100_000 }, (_, node) => node).join(".")}`,
    "sel=top:1",
    "sel=top::",
    "view=0,0,1",
    "view=0,0,NaN,1",
    "view=1,1,0,0",
    "view=0,0,Infinity,1",
    "view=0,0,1e300,1",
    "ppred=2,3",
    "ppred=0.9,0.1",
    "ppred=-1,1",
    "topk=-1",
    "topk=1.5",
    "topk=0x10",
    "min=0",
    "max=0",
    "act=nan:1:l",
    "act=1:2",
    "side=1000000",
    "tab=__proto__",
    "__proto__=1",
    "constructor=1",
    "colour=<script>",
    "threshold=1e999",
    `result=${"x".repeat(100_000)}`,
    "\u0000=\u0000",
    "open=-0",
    "branches=",
    "branches=0.8",
    "branches=2,0.3,auto,0",
    "branches=0.8,-1,auto,0",
    "branches=0.8,0.3,1.5,0",
    "branches=0.8,0.3,auto,0,9",
    "branches=0.8,0.3,auto,0/pla",
    "branches=0.8,0.3,auto,0/plan/:0.3:1",
    "branches=0.8,0.3,auto,0/plan/conv:x:1",
    "branches=0.8,0.3,auto,0/plan/conv:0.3:",
    "branches=0.8,0.3,auto,0/plan/conv:0.3:1.-2",
    "branches=0.8,0.3,auto,0/plan/%25E0%25A4%25A:0.3:1",
    "along=depth",
  ];

  it.each(hostile)("is ignored: %.40s", (hash) => {
    expect(fromHash(hash)).toEqual(initialState);
  });

  it("never throws and never leaves the range of a state, whatever is mutated", () => {
    const letters = "%&=#,.:x-0159aeNI\u2028 ";
    for (let seed = 0; seed < 3000; seed++) {
      const next = random(seed);
      const text = [...toHash(anyState(seed))];
      for (let n = 0; n < 4; n++) {
        text.splice(
          Math.floor(next() * text.length),
          Math.floor(next() * 3),
          letters[Math.floor(next() * letters.length)],
        );
      }
      const state = fromHash(text.join(""));
      expect(toHash(fromHash(toHash(state)))).toBe(toHash(state));
      expect(state.filter.pPred[0]).toBeLessThanOrEqual(state.filter.pPred[1]);
      expect(state.filter.minCount).toBeGreaterThanOrEqual(1);
    }
  });

  it("keeps what is well formed beside what is not", () => {
    expect(fromHash("topk=5&sel=fn:x&diagonal=1&nosuch=1")).toMatchObject({
      filter: { topK: 5 },
      selection: { kind: "none" },
      encoding: { diagonal: true },
    });
  });
});
