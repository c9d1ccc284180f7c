import type { Action } from "./actions";
import { type Cell, cell } from "./cell";
import { apply, type History, redo, startHistory, undo } from "./history";
import type { AppState } from "./state";

/** The state of one mounted app, with its history. */
export interface Store {
  readonly history: Pick<Cell<History>, "get" | "watch">;
  state(): AppState;
  dispatch(action: Action): void;
  undo(): void;
  redo(): void;
}

/** Make a store; `now` gives ms and exists for tests. */
export function createStore(initial: AppState, now: () => number = () => performance.now()): Store {
  const history = cell(startHistory(initial));
  return {
    history,
    state: () => history.get().present,
    dispatch: (action) => history.set(apply(history.get(), action, now())),
    undo: () => history.set(undo(history.get())),
    redo: () => history.set(redo(history.get())),
  };
}
