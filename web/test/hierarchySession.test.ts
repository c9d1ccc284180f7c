import { readFileSync } from "node:fs";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { createSession, type Session } from "../src/session";
import { decode, decodeManifest } from "../src/source/decode";
import { type FakeSource, fakeSource } from "../src/source/fake";
import type { Column, Message, Reply } from "../src/source/source";
import { initialState } from "../src/state/state";

const read = (file: string) => readFileSync(new URL(`../../tests/wire/${file}`, import.meta.url));
const manifest = decodeManifest(JSON.parse(new TextDecoder().decode(read("manifest.json"))));
const settled = () => vi.advanceTimersByTimeAsync(0);
const open: Session[] = [];

beforeEach(() => vi.useFakeTimers());
afterEach(() => {
  for (const session of open.splice(0)) session.destroy();
  vi.useRealTimers();
});

const asked = (source: FakeSource, view: Message["view"]) =>
  source.requests.filter(({ message }) => message.view === view);

async function start() {
  const source = fakeSource();
  const session = createSession(source, initialState);
  open.push(session);
  source.manifests[0].answer({ manifest, etag: '"1"' });
  await settled();
  for (const view of ["classes", "hierarchy", "cells", "rows"] as const) {
    asked(source, view)
      .at(-1)
      ?.answer(decode(new Uint8Array(read(`${view}.arrow`)), view));
    await settled();
  }
  return { source, session };
}

function refinement(parent: number[], classId: number[]): Reply {
  const columns: Record<string, Column> = {
    parent: Int32Array.from(parent),
    class: Int32Array.from(classId),
    name: parent.map((_, row) => `made ${row}`),
  };
  const criteria = JSON.stringify({ "Dasgupta cost": [0.8, 0.5] });
  return {
    kind: "refine",
    columns,
    metadata: new Map([
      ["criteria", criteria],
      ["note", ""],
    ]),
  };
}

const tree = (session: Session) => session.page.get()?.model.tree;

it("shows a proposal in place, takes it back, accepts it and undoes that", async () => {
  const { source, session } = await start();
  const before = tree(session);
  if (!before) throw new Error("no page");
  const proposal = { node: 0, method: "olo", source: "confusions", seed: 0 } as const;
  session.dispatch({ type: "propose", proposal });
  const ask = asked(source, "refine")[0];
  expect(ask.message).toMatchObject({ tree: { hierarchy: "given" }, node: 0, method: "olo" });
  expect(tree(session)).toBe(before);

  const turned = [...before.classOfLeaf].reverse();
  ask.answer(refinement([-1, ...turned.map(() => 0)], [-1, ...turned]));
  await settled();
  expect([...(tree(session)?.classOfLeaf ?? [])]).toEqual(turned);
  expect(session.page.get()?.ground.refinement?.criteria["Dasgupta cost"]).toEqual([0.8, 0.5]);

  session.dispatch({ type: "propose", proposal: null });
  expect(tree(session)).toEqual(before);
  session.undo();
  expect([...(tree(session)?.classOfLeaf ?? [])]).toEqual(turned);
});

it("gives up a proposal that nobody waits for, so that the next one starts at once", async () => {
  const { source, session } = await start();
  const propose = (method: string) =>
    session.dispatch({ type: "propose", proposal: { node: 0, method, source: "confusions", seed: 0 } });
  propose("polish");
  expect(session.status.get().loading).toBe(true);
  session.dispatch({ type: "propose", proposal: null });
  expect(asked(source, "refine")[0].signal.aborted).toBe(true);
  expect(session.status.get().loading).toBe(false);
  propose("olo");
  expect(asked(source, "refine")[1].message).toMatchObject({ method: "olo" });
});

it("says why a proposal failed until it is given up", async () => {
  const { source, session } = await start();
  const proposal = { node: 0, method: "olo", source: "confusions", seed: 0 } as const;
  session.dispatch({ type: "propose", proposal });
  asked(source, "refine")[0].fail(new Error("too many classes"));
  await settled();
  expect(session.status.get().error).toBe(
    "The refinement failed; the hierarchy is as before: too many classes",
  );
  session.dispatch({ type: "propose", proposal: null });
  expect(session.status.get().error).toBeNull();
  session.dispatch({ type: "propose", proposal });
  expect(asked(source, "refine")).toHaveLength(2);
});

it("lists a saved hierarchy at once and knows it without asking", async () => {
  const { source, session } = await start();
  const before = session.page.get()?.ground.drafted;
  if (!before) throw new Error("no page");
  const edit = { kind: "rename", node: 0, name: "renamed" } as const;
  session.dispatch({ type: "edit", base: "given", edit });
  const edited = tree(session);
  const { parent, classId, name, aliases } = before;
  const saving = session.save(
    {
      kind: "hierarchy",
      name: "given",
      parent: [...parent],
      class: [...classId],
      names: name,
      aliases,
      how: {},
      replace: true,
      default: false,
    },
    edited,
  );
  source.saves[0].answer({ name: "given" });
  await settled();
  expect(source.manifests).toHaveLength(2);
  source.manifests[1].answer({ manifest, etag: '"2"' });
  expect(await saving).toEqual({ name: "given" });
  session.dispatch({ type: "dropDraft" });
  expect(tree(session)?.name[0]).toBe("renamed");
  expect(asked(source, "hierarchy")).toHaveLength(1);
  await vi.advanceTimersByTimeAsync(5000);
  expect(source.manifests).toHaveLength(3);
});
