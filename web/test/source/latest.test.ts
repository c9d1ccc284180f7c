import { expect, it } from "vitest";
import { latest } from "../../src/source/latest";

function lane() {
  const asked: {
    query: number;
    signal: AbortSignal;
    answer(text: string): void;
    fail(error: unknown): void;
  }[] = [];
  const told: string[] = [];
  const made = latest<number, string>({
    ask: (query, signal) =>
      new Promise((answer, fail) => {
        asked.push({ query, signal, answer, fail });
      }),
    tell: (query, answer) => told.push(`${query}:${answer}`),
    fail: (query, error) => told.push(`${query}!${error.message}`),
  });
  return { asked, told, made };
}

const settled = () => new Promise((done) => setTimeout(done));

it("asks one at a time and tells the latest only", async () => {
  const { asked, told, made } = lane();
  for (const query of [1, 2, 3, 4]) made.want(query);
  expect(asked.map(({ query }) => query)).toEqual([1]);
  expect(made.pending()).toBe(4);
  asked[0].answer("stale");
  await settled();
  expect(told).toEqual([]);
  expect(asked.map(({ query }) => query)).toEqual([1, 4]);
  asked[1].answer("new");
  await settled();
  expect(told).toEqual(["4:new"]);
  expect(made.pending()).toBeNull();
});

it("drops the failure of a query nobody waits for any more", async () => {
  const { asked, told, made } = lane();
  made.want(1);
  made.want(2);
  asked[0].fail(new Error("no"));
  await settled();
  asked[1].fail("broken");
  await settled();
  expect(told).toEqual(["2!broken"]);
});

it("goes on after a failure", async () => {
  const { asked, told, made } = lane();
  made.want(1);
  asked[0].fail(new Error("no"));
  await settled();
  made.want(2);
  asked[1].answer("yes");
  await settled();
  expect(told).toEqual(["1!no", "2:yes"]);
});

it("tells nothing after destroy, and aborts what is under way", async () => {
  const { asked, told, made } = lane();
  made.want(1);
  made.want(2);
  made.destroy();
  expect(asked[0].signal.aborted).toBe(true);
  asked[0].answer("late");
  await settled();
  made.want(3);
  expect(told).toEqual([]);
  expect(asked).toHaveLength(1);
  expect(made.pending()).toBeNull();
});

it("drops what is under way, and asks anew afterwards", async () => {
  const { asked, told, made } = lane();
  made.want(1);
  made.drop();
  expect(asked[0].signal.aborted).toBe(true);
  expect(made.pending()).toBeNull();
  made.want(2);
  expect(asked[1].signal.aborted).toBe(false);
  asked[0].answer("late");
  asked[1].answer("new");
  await settled();
  expect(told).toEqual(["2:new"]);
});
