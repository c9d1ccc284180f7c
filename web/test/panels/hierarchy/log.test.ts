import { describe, expect, it } from "vitest";
import type { Classes } from "../../../src/core/data";
import { applyEdits } from "../../../src/core/edits";
import { clip, howText, logEdits, methodOfAll, provenance } from "../../../src/panels/hierarchy/log";
import { nameProblem, suggestedName } from "../../../src/panels/hierarchy/names";
import { losesEdits, stateAfterSaving } from "../../../src/panels/hierarchy/saving";
import { type AppState, type Edit, initialState } from "../../../src/state/state";
import { workedExample } from "../../core/fixtures";

const { tree } = workedExample();
const names = ["zero", "one", "two", "three"];
const classes: Classes = { name: names, short: names, key: names };
const olo: Edit = {
  kind: "replace",
  node: 0,
  parent: [-1, 0, 0, 0, 0],
  classId: [-1, 3, 2, 1, 0],
  names: ["", "", "", "", ""],
  how: { method: "olo", source: "confusions", seed: 7, result: "net", "band mass after": 0.5 },
};
const edits: readonly Edit[] = [
  { kind: "move", nodes: [2], into: 4, before: null },
  { kind: "move", nodes: [5], into: 4, before: null },
  { kind: "rename", node: 4, name: "big" },
  { kind: "group", nodes: [2, 6], name: "pair" },
  { kind: "dissolve", node: 1 },
  { kind: "rename", node: 7, name: "couple" },
  { kind: "merge", nodes: [7, 4] },
];

describe("logEdits", () => {
  it("names nodes as they were called when it happened", () => {
    expect(logEdits(tree, classes, edits)).toEqual([
      { text: "moved zero into b", isDone: true },
      { text: "moved two to the end of b", isDone: true },
      { text: "renamed b to big", isDone: true },
      { text: "grouped zero, three as pair", isDone: true },
      { text: "dissolved something that is gone", isDone: false },
      { text: "renamed pair to couple", isDone: true },
      { text: "merged big into couple", isDone: false },
    ]);
    expect(logEdits(tree, classes, [olo])[0].text).toBe("olo for all (confusions, seed 7)");
  });
});

describe("provenance", () => {
  it("keeps base, result and every step that was made, without the arrays of proposals", () => {
    const all = [olo, edits[4], edits[0]];
    const how = provenance("given", "net", all, logEdits(tree, classes, all));
    expect(how).toEqual({
      source: "page",
      method: "edited",
      base: "given",
      result: "net",
      steps: [
        {
          kind: "replace",
          node: 0,
          n_nodes: 5,
          method: "olo",
          source: "confusions",
          seed: 7,
          result: "net",
          "band mass after": 0.5,
          text: "olo for all (confusions, seed 7)",
        },
      ],
    });
    expect(howText(how)).toBe("given with 1 edit · result set net");
  });

  it("is told in a few words", () => {
    expect(
      howText({ source: "confusions", method: "recursive_ncut", similarity: "log1p counts", seed: 0 }),
    ).toBe("recursive_ncut · from confusions · log1p counts · seed 0");
    expect(howText({ source: "wordnet", version: "3.0", dropped_edges: [["a", "b"]] })).toBe("from wordnet");
    expect(howText({})).toBe("not recorded");
  });
});

describe("names", () => {
  it("are checked as the server does", () => {
    for (const name of ["wordnet-edited", "a b.c@d=e+f-g", "_x", "階層 2", "x".repeat(128)]) {
      expect(nameProblem(name), name).toBeNull();
    }
    for (const name of ["", " a", "a ", ".a", "-a", "a/b", "a\nb", "x".repeat(129), "階".repeat(81)]) {
      expect(nameProblem(name), name).toMatch(/\.$/);
    }
  });

  it("are suggested without taking another one's", () => {
    expect(suggestedName("given", null, [])).toBe("given-edited");
    expect(suggestedName("given-edited", null, ["given-edited"])).toBe("given-edited-2");
    expect(suggestedName("given", "olo", ["given", "olo", "olo-2"])).toBe("olo-3");
    expect(suggestedName("x".repeat(128), null, [])).toBe("edited");
    expect(methodOfAll([olo])).toBe("olo");
    expect(methodOfAll([olo, edits[0]])).toBeNull();
  });
});

describe("saving", () => {
  it("keeps the selection under the new numbers", () => {
    const state: AppState = {
      ...initialState,
      hierarchy: "given",
      draft: { base: "given", edits: edits.slice(0, 4) },
      compare: "mine",
      pins: [1, 4],
      selection: { kind: "groups", nodes: [7, 4], part: "fn" },
      viewport: { x0: 0, y0: 0, x1: 2, y1: 2 },
    };
    const drafted = applyEdits(tree, edits.slice(0, 4));
    const after = stateAfterSaving(state, "mine", drafted);
    expect(after).toMatchObject({ hierarchy: "mine", draft: null, compare: null, viewport: state.viewport });
    expect(after.selection).toMatchObject({ part: "fn" });
    const kept = after.selection.kind === "groups" ? after.selection.nodes : [];
    expect(kept.map((row) => drafted.name[row])).toEqual(["pair", "big"]);
    expect(after.pins.map((row) => drafted.name[row])).toEqual(["big"]);
  });

  it("knows edits that the address cannot hold", () => {
    const draft = (name: string) => ({ base: "given", edits: [{ kind: "rename", node: 0, name } as const] });
    expect(losesEdits(initialState)).toBe(false);
    expect(losesEdits({ ...initialState, draft: draft("short") })).toBe(false);
    expect(losesEdits({ ...initialState, draft: draft("x".repeat(9000)) })).toBe(true);
  });
});

it("clips long names between letters", () => {
  expect(clip("short")).toBe("short");
  expect(clip("🌱".repeat(5000))).toBe(`${"🌱".repeat(29)}…`);
});
