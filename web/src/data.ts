import type { HierarchyColumns } from "./core/hierarchy";
import { type Answers, type MessageOf, readAnswer, type View } from "./source/answers";
import { type Latest, latest } from "./source/latest";
import type { Message, Source } from "./source/source";
import type { Cell } from "./state/cell";
import { cell } from "./state/cell";

/** How many answers of each view stay in memory. */
const KEPT: { readonly [V in View]: number } = {
  classes: 1,
  hierarchy: 8,
  cells: 64,
  rows: 6,
  samples: 0,
  relevance: 32,
  profile: 8,
  activations: 4,
  neuron: 32,
  top_samples: 32,
  filtered: 4,
  partition: 16,
  outliers: 8,
  criteria: 16,
  refine: 8,
  compare: 8,
  repair: 4,
  summary: 16,
  change: 32,
  series: 8,
  separability: 8,
  suggest: 8,
  branches: 1,
};

/** Answers by message. A new object whenever an answer arrives; an answer keeps its identity. */
export interface Known {
  find<V extends View>(message: MessageOf<V>): Answers[V] | null;
  readonly failures: readonly { readonly message: Message; readonly error: Error }[];
  /** True while something that was wanted last is under way. */
  readonly loading: boolean;
}

/** Loads what is wanted, latest first, and keeps it. */
export interface Data {
  readonly known: Pick<Cell<Known>, "get" | "watch">;
  want(messages: readonly Message[]): void;
  /** Forget the failures, so that the next `want` asks again. */
  retry(): void;
  /** Know a hierarchy that has just been saved; what was known about another one of its name is forgotten. */
  learnHierarchy(name: string, columns: HierarchyColumns): void;
  destroy(): void;
}

/** Make the cache of one mounted app. */
export function createData(source: Source): Data {
  const answers = new Map<string, unknown>();
  const failures = new Map<string, { message: Message; error: Error }>();
  const lanes = new Map<View, Latest<Message>>();
  const known = cell(snapshot());
  let wanted: readonly Message[] = [];

  function snapshot(): Known {
    return {
      find: <V extends View>(message: MessageOf<V>) => (answers.get(keyOf(message)) as Answers[V]) ?? null,
      failures: [...failures.values()],
      loading: [...lanes.values()].some((lane) => lane.pending() !== null),
    };
  }

  function lane(view: View): Latest<Message> {
    const existing = lanes.get(view);
    if (existing) return existing;
    const made = latest<Message, unknown>({
      ask: async (message, signal) => readAnswer(message.view, await source.request(message, { signal })),
      tell(message, answer) {
        failures.delete(keyOf(message));
        remember(view, keyOf(message), answer);
        known.set(snapshot());
      },
      fail(message, error) {
        failures.set(keyOf(message), { message, error });
        known.set(snapshot());
      },
    });
    lanes.set(view, made);
    return made;
  }

  function remember(view: View, key: string, answer: unknown): void {
    answers.set(key, answer);
    const needed = new Set(wanted.map(keyOf));
    const ofView = [...answers.keys()].filter((other) => viewOf(other) === view && !needed.has(other));
    for (const old of ofView.slice(0, Math.max(0, ofView.length - KEPT[view]))) answers.delete(old);
  }

  /** A proposal that was given up must not hold up the next one. */
  function dropUnwanted(): void {
    const pending = lanes.get("refine")?.pending();
    if (!pending || wanted.some((message) => keyOf(message) === keyOf(pending))) return;
    lanes.get("refine")?.drop();
    known.set(snapshot());
  }

  /** What failed and is wanted no more is no news; true when there was such. */
  function forget(messages: readonly Message[]): boolean {
    if (failures.size === 0) return false;
    const needed = new Set(messages.map(keyOf));
    const gone = [...failures.keys()].filter((key) => !needed.has(key));
    for (const key of gone) failures.delete(key);
    return gone.length > 0;
  }

  return {
    known,
    want(messages) {
      wanted = messages;
      let asked = forget(messages);
      dropUnwanted();
      for (const message of messages) {
        const key = keyOf(message);
        if (answers.has(key)) {
          touch(answers, key);
          continue;
        }
        const running = lane(message.view);
        const pending = running.pending();
        if (failures.has(key) || (pending && keyOf(pending) === key)) continue;
        running.want(message);
        asked = true;
      }
      if (asked) known.set(snapshot());
    },
    retry() {
      if (failures.size === 0) return;
      failures.clear();
      known.set(snapshot());
    },
    learnHierarchy(name, columns) {
      const part = `"hierarchy":${JSON.stringify(name)}`;
      for (const key of [...answers.keys()]) if (key.includes(part)) answers.delete(key);
      remember("hierarchy", keyOf({ view: "hierarchy", hierarchy: name }), columns);
      known.set(snapshot());
    },
    destroy() {
      for (const running of lanes.values()) running.destroy();
      lanes.clear();
      answers.clear();
    },
  };
}

const trees = new WeakMap<object, number>();
let nTrees = 0;

/** Trees may have 50,000 nodes, so the key holds a number for each tree object instead of its arrays. */
function keyOf(message: Message): string {
  return `${message.view} ${JSON.stringify(message, (_, value) => {
    if (value === null || typeof value !== "object" || !("parent" in value)) return value;
    if (!trees.has(value)) trees.set(value, nTrees++);
    return trees.get(value);
  })}`;
}

function viewOf(key: string): string {
  return key.slice(0, key.indexOf(" "));
}

/** Move a key to the young end of the map. */
function touch(answers: Map<string, unknown>, key: string): void {
  const answer = answers.get(key);
  answers.delete(key);
  answers.set(key, answer);
}
