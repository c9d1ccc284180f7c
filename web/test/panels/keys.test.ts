import { expect, it, vi } from "vitest";
import { pressEditKey } from "../../src/panels/hierarchy/editKeys";
import { type KeyUse, keyList, pressKey } from "../../src/panels/keys";
import type { Session } from "../../src/session";
import type { Action } from "../../src/state/actions";
import { pageOf } from "./page";

function press(key: string, hash = "sel=fn:2&view=0,0,3,3") {
  const actions: Action[] = [];
  const page = pageOf(hash);
  const session = {
    dispatch: (action: Action) => actions.push(action),
    undo: vi.fn(),
    redo: vi.fn(),
    hover: { get: () => null },
    page: { get: () => page },
  } as unknown as Session;
  const use: KeyUse = {
    session,
    page,
    focusSearch: vi.fn(),
    focusTree: vi.fn(),
    toggleHelp: vi.fn(),
    pinTip: vi.fn(() => true),
    copy: vi.fn(),
    showSide: vi.fn(),
  };
  const [last = ""] = key.split("+").slice(-1);
  const isEdit = key.startsWith("Alt+") || key === "F2";
  const used = isEdit
    ? pressEditKey(
        { key: last, code: last.length === 1 ? `Key${last}` : last, altKey: key !== "F2" },
        session,
      )
    : pressKey(key, use);
  return { used, actions, use, session };
}

it("does something for every key that the help lists", () => {
  const gestures = new Set(["drag", "Shift", "wheel", "Alt", "click", "double", "right"]);
  const arrows: Record<string, string> = {
    "←": "ArrowLeft",
    "→": "ArrowRight",
    "↑": "ArrowUp",
    "↓": "ArrowDown",
    Esc: "Escape",
  };
  for (const { keys } of keyList) {
    for (const [names] of keys) {
      for (const name of names.split(" ")) {
        const key = name.replace(/^(Alt\+)?(.+)$/, (_, alt = "", last) => alt + (arrows[last] ?? last));
        if (!gestures.has(name)) expect(press(key).used, name).toBe(true);
      }
    }
  }
});

it("opens the panels at the right", () => {
  for (const [key, side] of [
    ["s", "samples"],
    ["b", "blocks"],
    ["t", "hierarchy"],
    ["g", "groups"],
    ["v", "findings"],
  ] as const) {
    expect(press(key).use.showSide).toHaveBeenCalledWith(side);
  }
});

it("pins the selected group, and takes the pin away", () => {
  expect(press("k").actions).toEqual([{ type: "pins", nodes: [2] }]);
  expect(press("k", "sel=fn:2&pins=1.2").actions).toEqual([{ type: "pins", nodes: [1] }]);
  expect(press("k", "").used).toBe(false);
});

it("copies cells while the matrix is shown", () => {
  expect(press("c").use.copy).toHaveBeenCalledOnce();
  expect(press("c", "tab=responses").use.copy).not.toHaveBeenCalled();
});

it("leaves other keys alone", () => {
  for (const key of ["x", "F5", "Tab", "Shift", " "]) expect(press(key).used).toBe(false);
  expect(press("p", "").used).toBe(false);
  expect(press("Enter", "").used).toBe(false);
});

it("toggles the encoding", () => {
  expect(press("d").actions).toEqual([{ type: "encoding", encoding: { diagonal: true } }]);
  expect(press("l").actions).toEqual([{ type: "encoding", encoding: { scale: "linear" } }]);
  expect(press("f", "max=7").actions).toEqual([
    { type: "encoding", encoding: { frozenMax: null, frozenMin: null } },
  ]);
  expect(press("f").actions).toEqual([{ type: "encoding", encoding: { frozenMax: 1, frozenMin: null } }]);
  expect(press("f", "scale=rank").actions).toEqual([{ type: "encoding", encoding: {} }]);
  expect(press("l", "scale=linear").actions).toEqual([{ type: "encoding", encoding: { scale: "rank" } }]);
  expect(press("o", "tool=lasso").actions).toEqual([{ type: "tool", tool: "box" }]);
});

it("steps back with Escape: the opened class, the selection, the zoom, then nothing", () => {
  expect(press("Escape", "sel=fn:2&view=0,0,3,3&open=1").actions).toEqual([
    { type: "samples", samples: { open: null } },
  ]);
  expect(press("Escape").actions).toEqual([{ type: "clearSelection" }]);
  expect(press("Escape", "view=0,0,3,3").actions).toEqual([{ type: "viewport", viewport: null }]);
  expect(press("Escape", "").used).toBe(false);
});

it("works without a page where it can", () => {
  const { session } = press("z");
  expect(session.undo).toHaveBeenCalledOnce();
  const use = {
    session,
    page: null,
    focusSearch() {},
    focusTree() {},
    toggleHelp: vi.fn(),
    pinTip: vi.fn(() => true),
    copy: vi.fn(),
    showSide() {},
  };
  expect(pressKey("?", use)).toBe(true);
  expect(use.toggleHelp).toHaveBeenCalledOnce();
  expect(pressKey("d", use)).toBe(false);
});

it("edits the hierarchy with Alt, and says so in its panel", () => {
  const side = { type: "side", side: "hierarchy", workbench: "edit" };
  expect(press("Alt+ArrowDown", "sel=both:2").actions).toEqual([
    side,
    { type: "edit", base: "given", edit: { kind: "move", nodes: [2], into: 1, before: null } },
  ]);
  expect(press("Alt+U", "sel=both:1").actions).toEqual([
    side,
    { type: "edit", base: "given", edit: { kind: "dissolve", node: 1 } },
  ]);
  expect(press("Alt+U", "sel=both:0").actions).toEqual([side]);
  expect(press("Alt+Q", "sel=both:2").used).toBe(false);
});
