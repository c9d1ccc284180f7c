import type { Action } from "./actions";
import { reduce } from "./reduce";
import { type AppState, type Filter, initialState } from "./state";

const LIMIT = 200;
const COALESCE_MS = 900;

/** Undo is a list of states. `tag` and `time` belong to the last step, which the next one may extend. */
export interface History {
  readonly past: readonly AppState[];
  readonly present: AppState;
  readonly future: readonly AppState[];
  readonly tag: string | null;
  readonly time: number;
}

/** A history with nothing to undo. */
export function startHistory(present: AppState): History {
  return { past: [], present, future: [], tag: null, time: 0 };
}

/** Reduce and remember; moves of the viewport make no step, a slider's drag makes one. `time` is in ms. */
export function apply(history: History, action: Action, time: number): History {
  const present = reduce(history.present, action);
  if (present === history.present) return history;
  const tag = stepTag(action);
  if (tag === "silent") return { ...history, present };
  const extends_ = tag !== null && tag === history.tag && time - history.time < COALESCE_MS;
  if (extends_) return { ...history, present, time };
  return { past: [...history.past, history.present].slice(-LIMIT), present, future: [], tag, time };
}

/** One step back; the same history when there is none. */
export function undo(history: History): History {
  const previous = history.past.at(-1);
  if (!previous) return history;
  return {
    past: history.past.slice(0, -1),
    present: previous,
    future: [history.present, ...history.future],
    tag: null,
    time: 0,
  };
}

/** Take one undo back; the same history when there is none. */
export function redo(history: History): History {
  const [next, ...future] = history.future;
  if (!next) return history;
  return { past: [...history.past, history.present], present: next, future, tag: null, time: 0 };
}

/** "silent" makes no step; equal tags in quick succession make one; null always makes one. */
function stepTag(action: Action): string | null {
  switch (action.type) {
    case "viewport":
    case "tool":
    case "along":
      return "silent";
    case "result":
      return action.follow ? "silent" : "result";
    case "filter":
      // Taking a filter away is a step of its own, however soon after the drag that set it.
      return isInitial(action.filter) ? null : `filter:${Object.keys(action.filter).sort().join()}`;
    case "responses":
      return `responses:${Object.keys(action.responses).sort().join()}`;
    case "branches":
      return branchTag(Object.keys(action.branches));
    case "samples":
      return Object.keys(action.samples).every((key) => key === "detail") ? "silent" : null;
    default:
      return null;
  }
}

/** Looking at another branch is no step; the numbers of a suggestion change with every key typed. */
function branchTag(keys: readonly string[]): string | null {
  if (keys.every((key) => key === "at")) return "silent";
  return keys.includes("plan") ? null : `branches:${[...keys].sort().join()}`;
}

function isInitial(filter: Partial<Filter>): boolean {
  return (Object.keys(filter) as (keyof Filter)[]).every(
    (key) => JSON.stringify(filter[key]) === JSON.stringify(initialState.filter[key]),
  );
}
