import type { Tree } from "./core/data";
import { createData, type Known } from "./data";
import { createDerive, type Page } from "./derive";
import { createGround } from "./ground";
import type { Hover, Pointer } from "./model";
import { chosenResult, seriesOf } from "./results";
import type { Manifest, SaveMessage, Source } from "./source/source";
import type { Action } from "./state/actions";
import { type Cell, cell } from "./state/cell";
import type { AppState } from "./state/state";
import { createStore } from "./state/store";
import { wanted } from "./wanted";

const POLL_BUSY_MS = 1500;
const POLL_IDLE_MS = 5000;

type Watched<T> = Pick<Cell<T>, "get" | "watch">;

/** What is under way and what went wrong. */
export interface Status {
  readonly manifest: Manifest | null;
  readonly loading: boolean;
  /** One sentence: what failed; null when nothing did. */
  readonly error: string | null;
}

/** One mounted app without its DOM: the state, the data and everything derived from them. */
export interface Session {
  readonly source: Source;
  readonly state: Watched<AppState>;
  readonly page: Watched<Page | null>;
  readonly status: Watched<Status>;
  readonly steps: Watched<{ readonly canUndo: boolean; readonly canRedo: boolean }>;
  readonly dark: Cell<boolean>;
  readonly hover: Cell<Hover | null>;
  readonly pointer: Cell<Pointer | null>;
  dispatch(action: Action): void;
  undo(): void;
  redo(): void;
  /** Ask again for what failed. */
  retry(): void;
  /** Keep a hierarchy, which is `tree`, or a finding, and list it; fails with one sentence. */
  save(message: SaveMessage, tree?: Tree): Promise<Readonly<Record<string, string>>>;
  /** Ask for the manifest now, because something was saved. */
  refresh(): Promise<void>;
  destroy(): void;
}

/** Start a session; it polls the manifest until destroyed. */
export function createSession(source: Source, initial: AppState, isDark = false): Session {
  const abort = new AbortController();
  const store = createStore(initial);
  const data = createData(source);
  const ground = createGround();
  const derive = createDerive();
  const manifest = cell<Manifest | null>(null);
  const unreachable = cell<string | null>(null);
  const dark = cell(isDark);
  const state = cell(initial);
  const page = cell<Page | null>(null);
  const status = cell<Status>({ manifest: null, loading: true, error: null });
  const steps = cell({ canUndo: false, canRedo: false });
  let etag: string | null = null;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let polling = Promise.resolve();

  function update(): void {
    const history = store.history.get();
    const now = history.present;
    const stood = ground(now, manifest.get(), data.known.get());
    data.want(wanted(now, manifest.get(), data.known.get(), stood));
    const known = data.known.get();
    state.set(now);
    page.set(derive(now, manifest.get(), known, dark.get(), ground(now, manifest.get(), known)));
    const canUndo = history.past.length > 0;
    const canRedo = history.future.length > 0;
    const before = steps.get();
    if (before.canUndo !== canUndo || before.canRedo !== canRedo) steps.set({ canUndo, canRedo });
    report(known);
  }

  function report(known: Known): void {
    const failure = known.failures.at(-1);
    const next: Status = {
      manifest: manifest.get(),
      loading: known.loading || (manifest.get() === null && unreachable.get() === null),
      error:
        unreachable.get() ?? (failure ? `${FAILED[failure.message.view]}: ${failure.error.message}` : null),
    };
    const before = status.get();
    const same =
      before.manifest === next.manifest && before.loading === next.loading && before.error === next.error;
    if (!same) status.set(next);
  }

  async function poll(): Promise<void> {
    try {
      const reply = await source.manifest(abort.signal, etag);
      if (abort.signal.aborted) return;
      if (unreachable.get() !== null) {
        unreachable.set(null);
        data.retry();
      }
      if (reply) {
        etag = reply.etag;
        manifest.set(reply.manifest);
        followNewest(reply.manifest);
      }
    } catch (error) {
      if (abort.signal.aborted) return;
      unreachable.set(error instanceof Error ? error.message : String(error));
    }
    update();
    const busy = manifest.get()?.activity != null;
    timer = setTimeout(refresh, busy ? POLL_BUSY_MS : POLL_IDLE_MS);
  }

  function refresh(): Promise<void> {
    clearTimeout(timer);
    polling = polling.then(() => {
      clearTimeout(timer);
      return poll();
    });
    return polling;
  }

  /** While something is being recorded, the newest epoch is what one wants to see. */
  function followNewest(next: Manifest): void {
    const now = store.state();
    const current = chosenResult(next, now);
    if (!current) return;
    const newest = now.follow ? (seriesOf(next, current).at(-1) ?? current) : current;
    const moves = now.follow && newest.name !== current.name;
    if (now.result === null || moves) {
      store.dispatch({ type: "result", name: newest.name, follow: now.follow });
    }
  }

  const stops = [store.history.watch(update), data.known.watch(update), dark.watch(update)];
  polling = poll();

  return {
    source,
    state,
    page,
    status,
    steps,
    dark,
    hover: cell<Hover | null>(null),
    pointer: cell<Pointer | null>(null),
    dispatch: store.dispatch,
    undo: store.undo,
    redo: store.redo,
    retry() {
      data.retry();
      if (unreachable.get() === null) return update();
      void refresh();
    },
    refresh,
    async save(message, tree) {
      const saved = await source.save(message);
      await refresh();
      if (message.kind === "hierarchy" && tree) {
        data.learnHierarchy(message.name, { ...tree, class: tree.classId });
      }
      return saved;
    },
    destroy() {
      abort.abort();
      clearTimeout(timer);
      for (const stop of stops) stop();
      data.destroy();
    },
  };
}

const FAILED: { readonly [view: string]: string } = {
  classes: "The class names did not load",
  hierarchy: "The hierarchy did not load",
  cells: "The confusion matrix did not load; the last one is still shown",
  rows: "The samples did not load; matrix and hierarchy still work",
  relevance: "The relevance of the neurons did not load; the other views still work",
  profile: "The response map did not load; the other views still work",
  activations: "The responses of the neuron did not load; its filter is off",
  neuron: "The neuron's means did not load; the icicle shows the recall",
  partition: "The blocks could not be found",
  outliers: "The confusions between blocks did not load",
  criteria: "The criteria of the order did not load",
  refine: "The refinement failed; the hierarchy is as before",
  compare: "The comparison of the hierarchies failed",
  repair: "The suggestions did not load",
  summary: "The numbers about the hierarchy did not load",
  change: "The change since the baseline could not be measured",
  series: "The course over the epochs did not load",
  separability: "What the layers tell of the groups did not load",
  suggest: "The branches could not be suggested",
  branches: "The branches could not be opened",
  top_samples: "The neuron's strongest samples did not load",
};
