import { describe, expect, it } from "vitest";
import { choicesOf } from "../../src/branching";
import type { Page } from "../../src/derive";
import {
  addBranch,
  changeGroups,
  openBranch,
  recut,
  removeBranch,
  setWeight,
  stepBranch,
} from "../../src/panels/branches/acting";
import { groupColumns, groupRows } from "../../src/panels/branches/groups";
import { layerRows, levelOf, stepCell } from "../../src/panels/branches/plan";
import { planFile, suggestedPlanName } from "../../src/panels/branches/planFile";
import { probeRows } from "../../src/panels/branches/probeTip";
import { tipOf } from "../../src/panels/tooltip";
import type { Session } from "../../src/session";
import { reduce } from "../../src/state/reduce";
import type { AppState, BranchChoice } from "../../src/state/state";
import { pageOf } from "./page";

const SUGGESTED = "side=branches&branches=0.8,0.3,3,0";
const suggested = pageOf(SUGGESTED);

/** What an act makes of the state of a page. */
function stateAfter(page: Page, act: (session: Session) => unknown): AppState {
  let state = page.model.state;
  const session = {
    page: { get: () => page },
    dispatch: (action: Parameters<typeof reduce>[1]) => {
      state = reduce(state, action);
    },
  } as unknown as Session;
  act(session);
  return state;
}

const nodes = (state: AppState) => state.branches.plan?.map((one) => one.nodes);

describe("the plan", () => {
  it("is the suggestion until it is edited", () => {
    const { plan, isSuggested, at } = suggested.branching;
    expect(isSuggested).toBe(true);
    expect(at).toBe(0);
    expect(plan).toEqual([
      { layer: "relu", cut: [1, 7, 8], weight: 0.3 },
      { layer: "linear", cut: [2, 5, 6], weight: 0.3 },
    ]);
    expect(suggested.model.cut).toEqual([1, 7, 8]);
    expect(pageOf("").model.cut).toBeNull();
  });

  it("is that of the address", () => {
    const page = pageOf("side=branches&branches=0.5,0.1,auto,1/plan/linear:0.25:1.6/relu:2:5");
    expect(page.branching.plan).toEqual([
      { layer: "linear", cut: [1, 6], weight: 0.25 },
      { layer: "relu", cut: [2, 5, 6], weight: 2 },
    ]);
    expect(page.branching.at).toBe(1);
    expect(pageOf("side=branches&branches=0.5,0.1,auto,0/plan").branching).toMatchObject({
      plan: [],
      at: -1,
    });
  });

  it("is known by layer, those without a probe last", () => {
    const page = pageOf("side=branches&branches=0.8,0.3,auto,0/plan/conv%252F9:1:1.6/linear:0.25:2");
    expect(layerRows(page.branching)).toEqual([
      { name: "relu", row: 0, branches: [] },
      {
        name: "linear",
        row: 1,
        branches: [{ at: 1, nGroups: 3, ratio: 1, accuracy: 8 / 8, chance: 5 / 8, weight: 0.25 }],
      },
      {
        name: "conv/9",
        row: -1,
        branches: [{ at: 0, nGroups: 2, ratio: Number.NaN, accuracy: Number.NaN, chance: 6 / 8, weight: 1 }],
      },
    ]);
  });

  it("knows which level a cut is", () => {
    const level = (depth: number, cut: readonly number[]) => ({ depth, cut, accuracy: [], chance: 0 });
    const levels = [level(1, [1, 6]), level(2, [2, 5, 7, 8])];
    expect(levelOf(levels, [2, 5, 7, 8])).toBe(1);
    expect(levelOf(levels, [2, 5, 6])).toBe(-1);
  });

  it("is walked by arrows", () => {
    expect(stepCell("ArrowRight", [0, 2], 3, 3)).toEqual([0, 2]);
    expect(stepCell("ArrowDown", [0, 2], 3, 3)).toEqual([1, 2]);
    expect(stepCell("Home", [1, 2], 3, 3)).toEqual([1, 0]);
    expect(stepCell("a", [1, 2], 3, 3)).toBeNull();
  });
});

describe("editing", () => {
  it("splits the selected group and selects its parts", () => {
    const page = pageOf(`${SUGGESTED}&sel=both:1`);
    const state = stateAfter(page, (session) => expect(changeGroups(session, "split")).toBeNull());
    expect(nodes(state)).toEqual([
      [2, 5, 7, 8],
      [2, 5, 6],
    ]);
    expect(state.selection).toMatchObject({ nodes: [2, 5] });
  });

  it("merges the selected groups once for each parent", () => {
    const page = pageOf(`${SUGGESTED}&sel=both:7.8`);
    const state = stateAfter(page, (session) => expect(changeGroups(session, "merge")).toBeNull());
    expect(nodes(state)).toEqual([
      [1, 6],
      [2, 5, 6],
    ]);
    expect(state.selection).toMatchObject({ nodes: [6] });
  });

  it("says why it does nothing", () => {
    expect(recut(suggested, "split")).toEqual({
      reason: "Select a group first, in the list or in the tree.",
    });
    expect(recut(pageOf(`${SUGGESTED}&sel=both:7`), "split")).toEqual({ reason: "A class cannot be split." });
    expect(recut(pageOf(""), "merge")).toEqual({ reason: "There is no branch to change." });
    const page = pageOf(`${SUGGESTED}&sel=both:1`);
    const same = stateAfter(page, (session) =>
      expect(changeGroups(session, "merge")).toBe("A branch needs at least two groups."),
    );
    expect(same).toBe(page.model.state);
  });

  it("adds branches in the order of the layers, with the groups of the one before", () => {
    const page = pageOf("side=branches&branches=0.8,0.4,auto,0/plan/linear:0.25:2.5.6");
    const before = stateAfter(page, (session) => addBranch(session, page, "relu"));
    const relu: BranchChoice = { layer: "relu", nodes: [1, 6], weight: 0.4 };
    const linear: BranchChoice = { layer: "linear", nodes: [2, 5, 6], weight: 0.25 };
    expect(before.branches).toMatchObject({ plan: [relu, linear], at: 0 });
    const behind = stateAfter(page, (session) => addBranch(session, page, "linear"));
    expect(behind.branches).toMatchObject({ plan: [linear, { ...linear, weight: 0.4 }], at: 1 });
  });

  it("removes a branch and shows the one in its place", () => {
    const first = stateAfter(suggested, (session) => removeBranch(session, suggested, 0));
    expect(first.branches).toMatchObject({ plan: [{ layer: "linear" }], at: 0 });
    const page = pageOf("side=branches&branches=0.8,0.3,3,1");
    const last = stateAfter(page, (session) => removeBranch(session, page, 1));
    expect(last.branches).toMatchObject({ plan: [{ layer: "relu" }], at: 0 });
  });

  it("weighs a branch, and steps along them", () => {
    const state = stateAfter(suggested, (session) => setWeight(session, suggested, 1, 0.7));
    expect(state.branches.plan?.map(({ weight }) => weight)).toEqual([0.3, 0.7]);
    expect(stateAfter(suggested, (session) => stepBranch(session, suggested, 1)).branches.at).toBe(1);
    expect(stateAfter(suggested, (session) => stepBranch(session, suggested, -1)).branches.at).toBe(0);
    const none = pageOf("side=branches&branches=0.8,0.3,auto,0/plan");
    expect(openBranch(none)).toBeNull();
    stateAfter(none, (session) => expect(stepBranch(session, none, 1)).toBe(false));
  });
});

describe("groups of a branch", () => {
  it("have recalls here and at the output", () => {
    const page = pageOf("side=branches&branches=0.8,0.3,3,1");
    const { model, branching } = page;
    const branch = openBranch(page);
    if (!branch) throw new Error("no branch");
    const rows = groupRows(
      branch,
      model.tree,
      model.label,
      model.classes,
      branching.found,
      branching.separation,
    );
    expect(
      rows.map(({ name, nClasses, recall, final, separates }) => [name, nClasses, recall, final, separates]),
    ).toEqual([
      ["bird", 2, 1, 4 / 5, "linear"],
      ["dog", 1, 1, 1, "linear"],
      ["artefact", 2, 1, 1, "relu"],
    ]);
    const ratio = groupColumns("linear", 0.9).find(({ name }) => name === "ratio");
    expect(rows.map((row) => ratio?.text(row))).toEqual(["1.25", "1.00", "1.00"]);
    expect(ratio?.isMarked?.({ ...(rows[0] as (typeof rows)[0]), ratio: 0.89 })).toBe(true);
  });

  it("are said in the tooltip", () => {
    expect(probeRows(suggested, 2)).toEqual([
      ["recall at relu", "60.0 %", "23.1 – 88.2, 3 of 5"],
      ["at the output", "80.0 %", "on the samples of the probe"],
      ["separates at", "linear", "recall ≥ 95 % of the output's"],
    ]);
    expect(tipOf(suggested, { kind: "node", node: 2 })?.rows[0]).toEqual(probeRows(suggested, 2)[0]);
    expect(probeRows(pageOf(""), 2)).toEqual([]);
  });
});

describe("the file", () => {
  it("has every class once in each branch, with the names of the groups", () => {
    const plan = planFile(suggested);
    expect(plan).toMatchObject({
      format: "classblocks-branches",
      version: 1,
      classes: suggested.model.classes.name,
      branches: [
        {
          layer: "relu",
          weight: 0.3,
          groups: [[0, 2, 3], [1], [4]],
          names: ["animal", "cup", "Ärmel › sleeve"],
        },
        { layer: "linear", weight: 0.3, groups: [[0, 2], [3], [1, 4]], names: ["bird", "dog", "artefact"] },
      ],
      how: { hierarchy: "given", result: "net", source: "probes", tau: 0.8, most: 3 },
    });
    expect(planFile(pageOf("side=branches&branches=0.8,0.3,auto,0/plan"))).toBeNull();
    expect(suggestedPlanName(suggested)).toBe("net-3-branches");
  });

  it("says when groups were chosen by hand", () => {
    const page = pageOf("side=branches&branches=0.8,0.3,auto,0/plan/relu:0.3:1.6");
    expect(planFile(page)?.how).toMatchObject({ source: "hand", hierarchy_edited: false });
    expect(choicesOf(page.model.tree, page.branching.plan ?? [])).toEqual(page.model.state.branches.plan);
  });
});

describe("colour", () => {
  it("is the first layer that separates a group", () => {
    const { model } = pageOf("colour=separation");
    expect([...model.nodeValue]).toEqual([0, 0, 1, 1, 2, 1, 0, 0, Number.NaN]);
    expect(model.nodeRange).toEqual([0, 2]);
    expect(model.layerNames).toEqual(["relu", "linear", "output"]);
  });
});
