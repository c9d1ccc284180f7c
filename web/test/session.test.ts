import { readFileSync } from "node:fs";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { createSession, type Session } from "../src/session";
import { decode, decodeManifest } from "../src/source/decode";
import { type FakeSource, fakeSource } from "../src/source/fake";
import type { Manifest, Message } from "../src/source/source";
import { fromHash } from "../src/state/hash";
import { type AppState, initialState } from "../src/state/state";

const read = (file: string) => readFileSync(new URL(`../../tests/wire/${file}`, import.meta.url));
const small = decodeManifest(JSON.parse(new TextDecoder().decode(read("manifest.json"))));

/** `net` at several epochs; every epoch answers with the recorded cells and rows of `net`. */
function withEpochs(epochs: number, activity: Manifest["activity"] = null): Manifest {
  const net = small.results[0];
  const results = Array.from({ length: epochs }, (_, at) => ({
    ...net,
    name: `net-${at + 1}`,
    coordinates: { ...net.coordinates, epoch: at + 1 },
  }));
  return { ...small, results: [...results, small.results[1]], activity };
}

const settled = () => vi.advanceTimersByTimeAsync(0);
const open: Session[] = [];

beforeEach(() => vi.useFakeTimers());
afterEach(() => {
  for (const session of open.splice(0)) session.destroy();
  vi.useRealTimers();
});

async function start(state: AppState = initialState, manifest: Manifest = small) {
  const source = fakeSource();
  const session = createSession(source, state);
  open.push(session);
  source.manifests[0].answer({ manifest, etag: '"1"' });
  await settled();
  return { source, session };
}

function find(source: FakeSource, view: Message["view"], result?: string) {
  return source.requests
    .filter(
      ({ message }) =>
        message.view === view && (!result || ("result" in message && message.result === result)),
    )
    .at(-1);
}

async function answer(source: FakeSource, view: Message["view"], result?: string, file: string = view) {
  find(source, view, result)?.answer(decode(new Uint8Array(read(`${file}.arrow`)), view));
  await settled();
}

async function answerAll(source: FakeSource, result?: string) {
  await answer(source, "classes");
  await answer(source, "hierarchy");
  await answer(source, "cells", result);
  await answer(source, "rows", result);
}

describe("first paint", () => {
  it("needs classes, hierarchy and cells, asked at once; rows come after", async () => {
    const { source, session } = await start();
    expect(source.requests.map(({ message }) => message.view)).toEqual(["classes", "hierarchy", "cells"]);
    await answer(source, "cells");
    expect(find(source, "rows")).toBeDefined();
    await answer(source, "hierarchy");
    expect(session.page.get()).toBeNull();
    await answer(source, "classes");
    const page = session.page.get();
    expect(page).toMatchObject({ nShown: 10, model: { rows: null } });
    expect(page?.accuracy).toBeCloseTo(0.8);
    await answer(source, "rows");
    expect(session.page.get()?.model.rows?.sample).toHaveLength(10);
    expect(session.status.get().loading).toBe(false);
  });

  it("waits for the rows when the address filters by them", async () => {
    const { source, session } = await start(fromHash("ppred=0.5,1"));
    for (const view of ["classes", "hierarchy", "cells"] as const) await answer(source, view);
    expect(session.page.get()).toBeNull();
    await answer(source, "rows");
    const { pPred } = session.page.get()?.model.rows ?? { pPred: new Float32Array() };
    expect(session.page.get()?.nShown).toBe(pPred.filter((p) => p >= 0.5).length);
  });

  it("opens the last epoch of the first model", async () => {
    const { source } = await start(initialState, withEpochs(3));
    expect(find(source, "cells")?.message).toEqual({ view: "cells", result: "net-3" });
  });

  it("has no page for a study without results", async () => {
    const { session } = await start(initialState, { ...small, results: [] });
    expect(session.page.get()).toBeNull();
    expect(session.status.get()).toMatchObject({ manifest: { results: [] }, error: null });
  });
});

describe("changes", () => {
  it("keep the old picture until the new one has arrived", async () => {
    const { source, session } = await start(initialState, withEpochs(3));
    await answerAll(source, "net-3");
    const before = session.page.get()?.model.cells;
    session.dispatch({ type: "result", name: "net-1" });
    expect(session.page.get()).toMatchObject({ result: { name: "net-1" }, shown: { name: "net-3" } });
    expect(session.page.get()?.model.cells).toBe(before);
    await answer(source, "cells", "net-1");
    expect(session.page.get()?.shown.name).toBe("net-1");
  });

  it("drop what came too late when epochs are skipped", async () => {
    const { source, session } = await start(initialState, withEpochs(4));
    await answerAll(source, "net-4");
    for (const name of ["net-1", "net-2", "net-3"]) session.dispatch({ type: "result", name });
    await answer(source, "cells", "net-1");
    expect(session.page.get()?.shown.name).toBe("net-4");
    await answer(source, "cells", "net-3");
    expect(session.page.get()?.shown.name).toBe("net-3");
    expect(source.requests.some(({ message }) => "result" in message && message.result === "net-2")).toBe(
      false,
    );
  });

  it("ask for nothing twice", async () => {
    const { source, session } = await start(initialState, withEpochs(2));
    await answerAll(source, "net-2");
    session.dispatch({ type: "result", name: "net-1" });
    await answer(source, "cells", "net-1");
    await answer(source, "rows", "net-1");
    const asked = source.requests.length;
    session.dispatch({ type: "result", name: "net-2" });
    expect(session.page.get()?.shown.name).toBe("net-2");
    expect(source.requests).toHaveLength(asked);
  });

  it("keep the identity of what they do not touch", async () => {
    const { source, session } = await start();
    await answerAll(source);
    const before = session.page.get()?.model;
    session.dispatch({ type: "viewport", viewport: { x0: 0, y0: 0, x1: 2, y1: 2 } });
    const after = session.page.get()?.model;
    expect(after).not.toBe(before);
    for (const part of ["tree", "cells", "filtered", "groups", "nodeValue", "selectedRows"] as const) {
      expect(after?.[part]).toBe(before?.[part]);
    }
    session.dispatch({ type: "filter", filter: { topK: 1 } });
    expect(session.page.get()?.model.tree).toBe(before?.tree);
    expect(session.page.get()?.nShown).toBe(2);
    session.undo();
    expect(session.page.get()?.nShown).toBe(10);
  });

  it("ignore nodes that the tree does not have", async () => {
    const { source, session } = await start(fromHash("sel=fn:99"));
    await answerAll(source);
    expect(session.page.get()?.model.state.selection.kind).toBe("none");
  });

  it("count and name a selection", async () => {
    const { source, session } = await start();
    await answerAll(source);
    session.dispatch({ type: "selectNodes", nodes: [2], part: "fn" });
    const page = session.page.get();
    expect(page?.parts).toMatchObject({ tp: 5, fp: 1, fn: 1 });
    expect(page?.model.selectedRows).toHaveLength(1);
    expect(page?.model.selectionLabel).toBe("FN of bird · net epoch 3");
  });
});

describe("the response map", () => {
  it("asks for relevance, then for the profile of the page in that order", async () => {
    const { source, session } = await start(fromHash("tab=responses&layer=relu&nodes=2"));
    await answerAll(source);
    expect(find(source, "relevance")?.message).toMatchObject({ layer: "relu", classes: [0, 2] });
    await answer(source, "relevance");
    const profile = find(source, "profile")?.message;
    expect(profile).toMatchObject({ view: "profile", layer: "relu" });
    await answer(source, "profile");
    const block = session.page.get()?.model.responses;
    expect([...(block?.neurons ?? [])]).toEqual(profile && "neurons" in profile ? profile.neurons : []);
    expect(block).toMatchObject({ layer: "relu", side: 2, scoreName: "relevance" });
  });
});

describe("the manifest", () => {
  it("is asked for with its tag, more often while something runs", async () => {
    const busy = { message: "training: epoch 2 of 3", fraction: 0.5 };
    const { source } = await start(initialState, withEpochs(2, busy));
    expect(source.manifests).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(1500);
    expect(source.manifests[1].message).toBe('"1"');
    source.manifests[1].answer({ manifest: withEpochs(2), etag: '"2"' });
    await settled();
    await vi.advanceTimersByTimeAsync(1500);
    expect(source.manifests).toHaveLength(2);
    await vi.advanceTimersByTimeAsync(3500);
    expect(source.manifests[2].message).toBe('"2"');
    source.manifests[2].answer(null);
    await settled();
    await vi.advanceTimersByTimeAsync(5000);
    expect(source.manifests).toHaveLength(4);
  });

  it("moves a page that follows to the newest epoch, and no other, without a step to undo", async () => {
    const next = async (follow: boolean) => {
      const { source, session } = await start(initialState, withEpochs(2));
      await answerAll(source, "net-2");
      if (!follow) session.dispatch({ type: "result", name: "net-1" });
      const steps = session.steps.get().canUndo;
      await vi.advanceTimersByTimeAsync(5000);
      source.manifests.at(-1)?.answer({ manifest: withEpochs(3), etag: '"2"' });
      await settled();
      expect(session.steps.get().canUndo).toBe(steps);
      return session.state.get().result;
    };
    expect(await next(true)).toBe("net-3");
    expect(await next(false)).toBe("net-1");
  });
});

describe("failures", () => {
  it("are no news any more when nobody wants the answer", async () => {
    const blocks = (n: number) => JSON.stringify([n, "pooled", "tree", "net", 0, 0, 1, 0, 1, 1]);
    const { source, session } = await start(fromHash(`blocks=${encodeURIComponent(blocks(2))}`));
    await answerAll(source);
    find(source, "partition")?.fail(new Error("no 2 nodes"));
    await settled();
    expect(session.status.get().error).toBe("The blocks could not be found: no 2 nodes");
    session.dispatch({ type: "partition", partition: null });
    expect(session.status.get().error).toBeNull();
    const asked = source.requests.length;
    session.undo();
    expect(source.requests).toHaveLength(asked + 1);
  });

  it("say what failed and what still works, and can be tried again", async () => {
    const { source, session } = await start();
    for (const view of ["classes", "hierarchy", "cells"] as const) await answer(source, view);
    find(source, "rows")?.fail(new Error("disk gone"));
    await settled();
    expect(session.status.get()).toMatchObject({
      loading: false,
      error: "The samples did not load; matrix and hierarchy still work: disk gone",
    });
    expect(session.page.get()?.nShown).toBe(10);
    session.retry();
    await answer(source, "rows");
    expect(session.status.get().error).toBeNull();
    expect(session.page.get()?.model.rows).not.toBeNull();
  });

  it("end when the server is back", async () => {
    const source = fakeSource();
    const session = createSession(source, initialState);
    open.push(session);
    source.manifests[0].fail(new Error("the server does not answer"));
    await settled();
    expect(session.status.get()).toMatchObject({ loading: false, error: "the server does not answer" });
    await vi.advanceTimersByTimeAsync(5000);
    source.manifests[1].answer({ manifest: small, etag: null });
    await settled();
    expect(session.status.get().error).toBeNull();
    expect(find(source, "cells")).toBeDefined();
  });
});

it("does nothing more once destroyed", async () => {
  const { source, session } = await start();
  session.destroy();
  expect(source.requests.every(({ signal }) => signal.aborted)).toBe(true);
  await answerAll(source);
  await vi.advanceTimersByTimeAsync(60_000);
  expect(source.manifests).toHaveLength(1);
  expect(session.page.get()).toBeNull();
  expect(vi.getTimerCount()).toBe(0);
});

describe("refresh", () => {
  it("asks for the manifest at once, one question at a time", async () => {
    const { source, session } = await start();
    const asked = source.manifests.length;
    const done = session.refresh();
    void session.refresh();
    await settled();
    expect(source.manifests.length).toBe(asked + 1);
    source.manifests[asked].answer({ manifest: { ...small, can_save: true }, etag: '"2"' });
    await done;
    expect(session.status.get().manifest?.can_save).toBe(true);
    expect(source.manifests.length).toBe(asked + 2);
    source.manifests[asked + 1].answer(null);
    await vi.advanceTimersByTimeAsync(5000);
    expect(source.manifests.length).toBe(asked + 3);
  });
});
