import { expect, it } from "vitest";
import type { Action } from "../../src/state/actions";
import { apply, redo, startHistory, undo } from "../../src/state/history";
import { initialState } from "../../src/state/state";

const start = startHistory(initialState);
const select = (node: number): Action => ({ type: "selectNodes", nodes: [node] });

it("undoes and redoes", () => {
  const two = apply(apply(start, select(1), 0), select(2), 5000);
  const back = undo(two);
  expect(back.present.selection).toMatchObject({ nodes: [1] });
  expect(undo(back).present).toBe(initialState);
  expect(redo(back).present).toBe(two.present);
  expect(redo(two)).toBe(two);
  expect(undo(start)).toBe(start);
});

it("forgets what was undone when something new happens", () => {
  const other = apply(undo(apply(start, select(1), 0)), select(3), 10);
  expect(other.future).toEqual([]);
  expect(redo(other)).toBe(other);
});

it("makes one step of a slider's drag", () => {
  let history = start;
  for (let at = 1; at <= 50; at++) {
    history = apply(history, { type: "filter", filter: { pPred: [at / 100, 1] } }, at * 16);
  }
  expect(history.past).toHaveLength(1);
  expect(undo(history).present).toBe(initialState);
});

it("makes two steps of two sliders, and of one slider after a rest", () => {
  const filter = (change: object, time: number, before = start) =>
    apply(before, { type: "filter", filter: change }, time);
  const two = filter({ pTrue: [0.1, 1] }, 20, filter({ pPred: [0.1, 1] }, 0));
  expect(two.past).toHaveLength(2);
  const rested = filter({ pPred: [0.2, 1] }, 5000, filter({ pPred: [0.1, 1] }, 0));
  expect(rested.past).toHaveLength(2);
});

it("makes a step of its own of taking a filter away", () => {
  const dragged = apply(start, { type: "filter", filter: { pPred: [0.3, 1] } }, 0);
  const removed = apply(dragged, { type: "filter", filter: { pPred: [0, 1] } }, 10);
  expect(undo(removed).present.filter.pPred).toEqual([0.3, 1]);
});

it("makes no step of the viewport, and keeps it through undo", () => {
  const viewport = { x0: 1, y0: 1, x1: 4, y1: 4 };
  const moved = apply(apply(start, select(1), 0), { type: "viewport", viewport }, 1);
  expect(moved.past).toHaveLength(1);
  const back = undo(apply(moved, select(2), 2));
  expect(back.present).toMatchObject({ viewport, selection: { nodes: [1] } });
});

it("makes no step of following and of looking at a sample", () => {
  const followed = apply(start, { type: "result", name: "epoch 2", follow: true }, 0);
  const looked = apply(followed, { type: "samples", samples: { detail: 7 } }, 0);
  expect(looked.past).toEqual([]);
  expect(looked.present).toMatchObject({ result: "epoch 2", samples: { detail: 7 } });
});

it("gives back the same history when nothing changes", () => {
  expect(apply(start, { type: "tab", tab: "matrix" }, 0)).toBe(start);
});

it("remembers a limited number of steps", () => {
  let history = start;
  for (let node = 0; node < 500; node++) history = apply(history, select(node), node * 10_000);
  expect(history.past.length).toBeLessThanOrEqual(200);
});

it("makes a step of every change of the branches, but none of a look at another one", () => {
  const plan = (weight: number): Action => ({
    type: "branches",
    branches: { plan: [{ layer: "conv", nodes: [1, 6], weight }], at: 0 },
  });
  const two = apply(apply(start, plan(0.3), 0), plan(0.4), 10);
  const looked = apply(two, { type: "branches", branches: { at: 1 } }, 20);
  expect(looked.past).toHaveLength(2);
  expect(looked.present.branches.at).toBe(1);
  const typed = apply(
    apply(start, { type: "branches", branches: { tau: 0.7 } }, 0),
    { type: "branches", branches: { tau: 0.6 } },
    90,
  );
  expect(typed.past).toHaveLength(1);
});
