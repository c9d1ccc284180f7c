import type { Manifest, Message, Reply, SaveMessage, SheetMessage, Source } from "./source";

/** A request that waits until the test answers it. */
export interface Open<T, A> {
  readonly message: T;
  readonly signal: AbortSignal;
  answer(value: A): void;
  fail(error: Error): void;
}

/** A source whose promises are settled by the test, in any order. */
export interface FakeSource extends Source {
  readonly manifests: Open<string | null, { manifest: Manifest; etag: string | null } | null>[];
  readonly requests: Open<Message, Reply>[];
  readonly sheets: Open<SheetMessage, Blob>[];
  readonly saves: Open<SaveMessage, Readonly<Record<string, string>>>[];
}

/** Make a fake source; every call is queued in `manifests`, `requests`, `sheets` or `saves`. */
export function fakeSource(): FakeSource {
  const manifests: FakeSource["manifests"] = [];
  const requests: FakeSource["requests"] = [];
  const sheets: FakeSource["sheets"] = [];
  const saves: FakeSource["saves"] = [];
  return {
    manifests,
    requests,
    sheets,
    saves,
    manifest: (signal, etag) => queue(manifests, etag, signal),
    request: (message, { signal }) => queue(requests, message, signal),
    sheet: (message, { signal }) => queue(sheets, message, signal),
    save: (message) => queue(saves, message, new AbortController().signal),
    thumbUrl: (hash) => `fake:${hash}`,
  };
}

function queue<T, A>(list: Open<T, A>[], message: T, signal: AbortSignal): Promise<A> {
  return new Promise((answer, fail) => {
    list.push({ message, signal, answer, fail });
  });
}
