import { describe, expect, it } from "vitest";
import { exportViews, newestFirst, savedAt } from "../../src/panels/findings/views";
import { leftOut, viewHash } from "../../src/panels/share";
import { fromHash, toHash } from "../../src/state/hash";
import { type Edit, initialState } from "../../src/state/state";
import { pageOf } from "./page";

const one = (id: string, created: string) => ({ id, name: id, note: "", created, state: { hash: "" } });

describe("saved views", () => {
  it("are listed newest first", () => {
    const found = [
      one("a", "2026-01-01T00:00:00Z"),
      one("b", "2026-03-01T00:00:00Z"),
      one("c", "2026-02-01"),
    ];
    expect(newestFirst(found).map(({ id }) => id)).toEqual(["b", "c", "a"]);
  });

  it("have a date, or what was written for one", () => {
    expect(savedAt("2026-03-01T12:00:00Z")).toMatch(/2026/);
    expect(savedAt("some day")).toBe("some day");
  });

  it("are exported whole", () => {
    const found = [one("a", "2026-01-01T00:00:00Z")];
    expect(JSON.parse(exportViews("study", found))).toEqual({ study: "study", views: found });
  });
});

describe("the hash of a view", () => {
  const page = pageOf("sel=fn:2&topk=1&side=findings");

  it("names what is shown, so that it does not follow", () => {
    const state = fromHash(viewHash({ ...page.model.state, follow: true }, page));
    expect(state).toEqual({ ...page.model.state, follow: false, result: "net", hierarchy: page.hierarchy });
  });

  it("says when edits do not fit", () => {
    const edit: Edit = { kind: "rename", node: 1, name: "x".repeat(5000) };
    const draft = (n: number) => ({ ...initialState, draft: { base: "given", edits: Array(n).fill(edit) } });
    expect(leftOut(initialState)).toBe("");
    expect(leftOut(draft(1))).toBe("");
    expect(leftOut(draft(2))).toMatch(/2 unsaved edits .* save the hierarchy first/);
    const nodes = Array.from({ length: 2000 }, (_, node) => node + 1);
    const plan = [{ layer: "conv", nodes, weight: 0.3 }];
    const long = { ...initialState, branches: { ...initialState.branches, plan } };
    expect(leftOut(long)).toMatch(/branches are too long/);
    expect(fromHash(toHash(long)).branches.plan).toBeNull();
  });
});
