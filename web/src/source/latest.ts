/** Of all queries only the newest counts: one is in flight, one waits, replies to older ones are dropped. */
export interface Latest<Query> {
  want(query: Query): void;
  /** The query whose reply will be told next, if any. */
  pending(): Query | null;
  destroy(): void;
}

export interface LatestOptions<Query, Answer> {
  ask(query: Query, signal: AbortSignal): Promise<Answer>;
  tell(query: Query, answer: Answer): void;
  fail(query: Query, error: Error): void;
}

/** Make a lane in which the latest query wins. */
export function latest<Query, Answer>(options: LatestOptions<Query, Answer>): Latest<Query> {
  const abort = new AbortController();
  let flying: { readonly query: Query } | null = null;
  let waiting: { readonly query: Query } | null = null;

  function start(query: Query): void {
    flying = { query };
    options.ask(query, abort.signal).then(
      (answer) => land(() => options.tell(query, answer)),
      (error: unknown) =>
        land(() => options.fail(query, error instanceof Error ? error : new Error(String(error)))),
    );
  }

  function land(deliver: () => void): void {
    if (abort.signal.aborted) return;
    flying = null;
    const next = waiting;
    waiting = null;
    if (next) start(next.query);
    else deliver();
  }

  return {
    want(query) {
      if (abort.signal.aborted) return;
      if (flying) waiting = { query };
      else start(query);
    },
    pending: () => (waiting ?? flying)?.query ?? null,
    destroy() {
      abort.abort();
      flying = null;
      waiting = null;
    },
  };
}
