import { readFileSync } from "node:fs";
import type { Known } from "../../src/data";
import { createDerive, type Page } from "../../src/derive";
import { createGround } from "../../src/ground";
import { type Answers, type MessageOf, readAnswer, type View } from "../../src/source/answers";
import { decode, decodeManifest } from "../../src/source/decode";
import type { Message } from "../../src/source/source";
import { fromHash } from "../../src/state/hash";

const read = (file: string) =>
  new Uint8Array(readFileSync(new URL(`../../../tests/wire/${file}`, import.meta.url)));

interface Recorded {
  readonly file: string;
  readonly request: Message;
}

/** A page of the study that Python wrote for tests, as an address makes it. */
export function pageOf(hash: string): Page {
  const text = (file: string) => JSON.parse(new TextDecoder().decode(read(file))) as unknown;
  const replies = text("replies.json") as readonly Recorded[];
  const known: Known = {
    find<V extends View>(message: MessageOf<V>): Answers[V] | null {
      const found = replies.find(({ request }) => JSON.stringify(request) === JSON.stringify(message));
      if (!found) return null;
      const view = found.request.view as V;
      return readAnswer(view, decode(read(found.file), view));
    },
    failures: [],
    loading: false,
  };
  const state = fromHash(hash);
  const manifest = decodeManifest(text("manifest.json"));
  const page = createDerive()(state, manifest, known, false, createGround()(state, manifest, known));
  if (!page) throw new Error("the recorded replies do not make a page");
  return page;
}
