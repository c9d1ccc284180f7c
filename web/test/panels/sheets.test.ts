import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { createSheets } from "../../src/panels/samples/sheets";
import { fakeSource } from "../../src/source/fake";

const settled = () => new Promise((done) => setTimeout(done));
let alive = new Set<string>();

beforeEach(() => {
  alive = new Set();
  let n = 0;
  vi.stubGlobal("URL", {
    createObjectURL() {
      alive.add(`blob:${n}`);
      return `blob:${n++}`;
    },
    revokeObjectURL: (url: string) => alive.delete(url),
  });
});
afterEach(() => vi.unstubAllGlobals());

function make() {
  const source = fakeSource();
  const changed = vi.fn();
  const failed = vi.fn();
  const sheets = createSheets(source, changed, failed);
  sheets.list(
    Int32Array.from({ length: 1000 }, (_, at) => 5 * at),
    64,
  );
  return { source, changed, failed, sheets };
}

it("asks for neighbours of what is seen only, two sheets at a time", async () => {
  const { source, sheets } = make();
  sheets.show(100, 500);
  expect(source.sheets.map(({ message }) => message.samples[0])).toEqual([0, 720]);
  expect(source.sheets[0].message).toMatchObject({ side: 64, columns: 12 });
  source.sheets[1].answer(new Blob());
  await settled();
  expect(source.sheets).toHaveLength(3);
  expect(sheets.tile(150)).toEqual({ url: "blob:0", column: 6, row: 0, rows: 12 });
  expect(sheets.tile(0)).toBeNull();
});

it("gives up what is scrolled past and drops its answer", async () => {
  const { source, sheets } = make();
  sheets.show(0, 100);
  sheets.show(900, 1000);
  expect(source.sheets[0].signal.aborted).toBe(true);
  source.sheets[0].answer(new Blob());
  source.sheets[1].answer(new Blob());
  await settled();
  expect(sheets.tile(0)).toBeNull();
  expect(sheets.tile(999)).toMatchObject({ rows: 12 });
});

it("starts anew with another list, and frees what it held", async () => {
  const { source, sheets } = make();
  sheets.show(0, 10);
  source.sheets[0].answer(new Blob());
  await settled();
  expect(alive.size).toBe(1);
  sheets.list(Int32Array.of(1, 2), 64);
  expect(alive.size).toBe(0);
  expect(sheets.tile(0)).toBeNull();
  sheets.show(0, 2);
  expect(source.sheets.at(-1)?.message.samples).toEqual([1, 2]);
  sheets.destroy();
  expect(source.sheets.at(-1)?.signal.aborted).toBe(true);
});

it("keeps a bounded number of sheets", async () => {
  const { source, sheets } = make();
  sheets.list(
    Int32Array.from({ length: 20_000 }, (_, at) => at),
    64,
  );
  for (let at = 0; at < 20_000; at += 144) {
    sheets.show(at, at + 144);
    source.sheets.at(-1)?.answer(new Blob());
    await settled();
  }
  expect(alive.size).toBeLessThanOrEqual(24);
  sheets.destroy();
  expect(alive.size).toBe(0);
});

it("says once that a sheet failed and does not ask again by itself", async () => {
  const { source, failed, sheets } = make();
  sheets.show(0, 10);
  source.sheets[0].fail(new Error("no"));
  await settled();
  expect(failed).toHaveBeenCalledOnce();
  expect(source.sheets).toHaveLength(1);
});
