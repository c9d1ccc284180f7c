import { readFileSync } from "node:fs";
import { afterEach, expect, it, vi } from "vitest";
import { httpSource } from "../../src/source/http";

const { signal } = new AbortController();

afterEach(() => vi.unstubAllGlobals());

function answer(body: BodyInit | null, init: ResponseInit = {}) {
  const call = vi.fn(async (_url: string, _init: RequestInit) => new Response(body, init));
  vi.stubGlobal("fetch", call);
  return call;
}

it("posts a message and decodes the reply", async () => {
  const file = readFileSync(new URL("../../../tests/wire/classes.arrow", import.meta.url));
  const call = answer(new Uint8Array(file));
  const reply = await httpSource("base").request({ view: "classes" }, { signal });
  expect(reply.columns.name[0]).toBe("robin");
  expect(call.mock.calls[0][0]).toBe("base/api/request");
  expect(call.mock.calls[0][1]).toMatchObject({ method: "POST", body: '{"view":"classes"}' });
});

/** A reply of 5 MB, the end of it padding, that arrives in pieces and says it has `said` bytes. */
function inPieces(said: number): Response {
  const bytes = new Uint8Array(5_000_000);
  bytes.set(readFileSync(new URL("../../../tests/wire/classes.arrow", import.meta.url)));
  const pieces = new ReadableStream<Uint8Array>({
    start(controller) {
      for (let at = 0; at < bytes.length; at += 333_337) {
        controller.enqueue(bytes.slice(at, at + 333_337));
      }
      controller.close();
    },
  });
  return new Response(pieces, { headers: { "Content-Length": String(said) } });
}

it("puts large replies together as they arrive", async () => {
  vi.stubGlobal("fetch", async () => inPieces(5_000_000));
  const reply = await httpSource().request({ view: "classes" }, { signal });
  expect(reply.columns.name[0]).toBe("robin");
  for (const [said, words] of [
    [5_000_001, "less than it said"],
    [4_999_999, "more than it said"],
  ] as const) {
    vi.stubGlobal("fetch", async () => inPieces(said));
    await expect(httpSource().request({ view: "classes" }, { signal })).rejects.toThrow(words);
  }
});

it("sends the tag of the manifest and takes 304 as unchanged", async () => {
  const call = answer(null, { status: 304 });
  expect(await httpSource().manifest(signal, '"tag"')).toBeNull();
  expect(call.mock.calls[0][1].headers).toEqual({ "If-None-Match": '"tag"' });
});

it("passes on the server's own words", async () => {
  answer('{"error": "no result \'x\'"}', { status: 422 });
  await expect(httpSource().request({ view: "cells", result: "x" }, { signal })).rejects.toThrow(
    "no result 'x'",
  );
});

it("has words for replies that are not ours, and for none", async () => {
  answer("<html>", { status: 502, statusText: "Bad Gateway" });
  await expect(httpSource().manifest(signal, null)).rejects.toThrow("502 Bad Gateway");
  vi.stubGlobal("fetch", () => Promise.reject(new TypeError("Failed to fetch")));
  await expect(httpSource().manifest(signal, null)).rejects.toThrow("the server does not answer");
});

it("keeps an address inside the thumbnail folder", () => {
  expect(httpSource("b").thumbUrl("../x")).toBe("b/thumb/..%2Fx.jpg");
});
