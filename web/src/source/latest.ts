/** Of all queries only the newest counts: one is in flight, one waits, replies to older ones are dropped. */
export interface Latest<Query> {
  want(query: Query): void;
  /** The query whose reply will be told next, if any. */
  pending(): Query | null;
  /** Give up what is under way; its reply is not told. */
  drop(): void;
  destroy(): void;
}

export interface LatestOptions<Query, Answer> {
  ask(query: Query, signal: AbortSignal): Promise<Answer>;
  tell(query: Query, answer: Answer): void;
  fail(query: Query, error: Error): void;
}

/** Make a lane in which the latest query wins. */
export function latest<Query, Answer>(options: LatestOptions<Query, Answer>): Latest<Query> {
  let isDestroyed = false;
  let flying: { readonly query: Query; readonly abort: AbortController } | null = null;
  let waiting: { readonly query: Query } | null = null;

  function start(query: Query): void {
    const abort = new AbortController();
    const { signal } = abort;
    flying = { query, abort };
    options.ask(query, signal).then(
      (answer) => land(signal, () => options.tell(query, answer)),
      (error: unknown) =>
        land(signal, () => options.fail(query, error instanceof Error ? error : new Error(String(error)))),
    );
  }

  function land(signal: AbortSignal, deliver: () => void): void {
    if (signal.aborted) return;
    flying = null;
    const next = waiting;
    waiting = null;
    if (next) start(next.query);
    else deliver();
  }

  function drop(): void {
    flying?.abort.abort();
    flying = null;
    waiting = null;
  }

  return {
    want(query) {
      if (isDestroyed) return;
      if (flying) waiting = { query };
      else start(query);
    },
    pending: () => (waiting ?? flying)?.query ?? null,
    drop,
    destroy() {
      isDestroyed = true;
      drop();
    },
  };
}
