import { decode, decodeManifest } from "./decode";
import type { Source } from "./source";

const LARGE_BYTES = 2 ** 22;

/** A source that talks to the server at `base` (default: the folder of the page); who it is, a cookie tells. */
export function httpSource(base = "."): Source {
  async function post(path: string, message: unknown, signal?: AbortSignal): Promise<Response> {
    const response = await call(`${base}/api/${path}`, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(message),
      ...(signal && { signal }),
    });
    if (!response.ok) throw await failure(response);
    return response;
  }

  return {
    async manifest(signal, etag) {
      const response = await call(`${base}/api/manifest`, {
        headers: etag ? { "If-None-Match": etag } : {},
        cache: "no-store",
        signal,
      });
      if (response.status === 304) return null;
      if (!response.ok) throw await failure(response);
      return { manifest: decodeManifest(await response.json()), etag: response.headers.get("ETag") };
    },
    async request(message, { signal }) {
      const response = await post("request", message, signal);
      return decode(await bodyOf(response), message.view);
    },
    async sheet(message, { signal }) {
      return (await post("sheet", message, signal)).blob();
    },
    async save(message) {
      return (await post("save", message)).json();
    },
    thumbUrl: (hash) => `${base}/thumb/${encodeURIComponent(hash)}.jpg`,
  };
}

/**
 * The body of a response. One of known length is put together as it arrives: `arrayBuffer()` copies it in one go at the
 * end, which for a hundred megabytes keeps the page from answering.
 */
async function bodyOf(response: Response): Promise<ArrayBuffer | Uint8Array> {
  const length = Number(response.headers.get("Content-Length"));
  const isPlain = response.headers.get("Content-Encoding") === null;
  if (!response.body || !isPlain || !(length > LARGE_BYTES)) return response.arrayBuffer();
  const bytes = new Uint8Array(length);
  const reader = response.body.getReader();
  let filled = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    if (filled + value.length > length) throw new Error("the server sent more than it said");
    bytes.set(value, filled);
    filled += value.length;
  }
  if (filled < length) throw new Error("the server sent less than it said");
  return bytes;
}

async function call(url: string, init: RequestInit): Promise<Response> {
  try {
    return await fetch(url, init);
  } catch (error) {
    if (error instanceof DOMException && error.name === "AbortError") throw error;
    throw new Error("the server does not answer; is 'classblocks view' still running?");
  }
}

/** What the server refused, with its status. */
export class Refusal extends Error {
  constructor(
    message: string,
    readonly status: number,
  ) {
    super(message);
  }
}

async function failure(response: Response): Promise<Error> {
  const text = await response.text();
  try {
    const body = JSON.parse(text) as { error?: unknown };
    if (typeof body.error === "string") return new Refusal(body.error, response.status);
  } catch {
    // not JSON: a proxy's page, of which the status says enough
  }
  return new Refusal(`the server answered ${response.status} ${response.statusText}`, response.status);
}
