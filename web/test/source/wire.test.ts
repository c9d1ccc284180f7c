import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { readAnswer, type View } from "../../src/source/answers";
import { decode, decodeManifest } from "../../src/source/decode";

const read = (file: string) => readFileSync(new URL(`../../../tests/wire/${file}`, import.meta.url));
const readJson = (file: string): unknown => JSON.parse(new TextDecoder().decode(read(file)));

interface Recorded {
  readonly file: string;
  readonly request: { readonly view: View };
  readonly metadata: Readonly<Record<string, string>>;
  readonly types: Readonly<Record<string, string>>;
  readonly columns: Readonly<Record<string, readonly (number | string | null)[]>>;
}

const recorded = readJson("replies.json") as readonly Recorded[];
const ARRAYS: Readonly<Record<string, string>> = {
  float: "Float32Array",
  int16: "Int16Array",
  int32: "Int32Array",
  uint16: "Uint16Array",
  string: "Array",
};

function bytes(file: string): Uint8Array<ArrayBuffer> {
  return new Uint8Array(read(file));
}

function plain(value: number | string): number | string | null {
  if (typeof value === "string") return value;
  if (Number.isNaN(value)) return null;
  return Number.isFinite(value) ? value : value > 0 ? "inf" : "-inf";
}

describe("replies that Python wrote", () => {
  it.each(recorded)(
    "$file has the values and types that were sent",
    ({ file, request, metadata, types, columns }) => {
      const reply = decode(bytes(file), request.view);
      expect(Object.fromEntries(reply.metadata)).toEqual(metadata);
      expect(Object.keys(reply.columns)).toEqual(Object.keys(columns));
      for (const [name, values] of Object.entries(columns)) {
        expect(reply.columns[name].constructor.name, name).toBe(ARRAYS[types[name]]);
        expect(Array.from(reply.columns[name] as ArrayLike<number | string>, plain), name).toEqual(values);
      }
    },
  );

  it.each(recorded)("$file becomes an answer", ({ file, request }) => {
    expect(readAnswer(request.view, decode(bytes(file), request.view))).toBeTruthy();
  });

  it("are views of the bytes, not copies", () => {
    const source = bytes("rows.arrow");
    for (const column of Object.values(decode(source, "rows").columns)) {
      expect((column as Float32Array).buffer).toBe(source.buffer);
    }
  });

  it("give samples with ranks and user columns in order", () => {
    const { top, user, sampleId } = readAnswer("samples", decode(bytes("samples.arrow"), "samples"));
    expect(top.length).toBeGreaterThan(0);
    for (const { prob } of top) expect(prob).toHaveLength(sampleId.length);
    for (const { value } of user) expect(value).toHaveLength(sampleId.length);
    for (let rank = 1; rank < top.length; rank++)
      expect(top[rank].prob[0]).toBeLessThanOrEqual(top[rank - 1].prob[0]);
  });

  it("give a profile its shape", () => {
    const { shape, value } = readAnswer("profile", decode(bytes("profile.arrow"), "profile"));
    expect(value).toHaveLength(shape[0] * shape[1] * shape[2]);
  });
});

describe("what does not fit", () => {
  it("is refused by kind", () => {
    expect(() => decode(bytes("cells.arrow"), "rows")).toThrow(
      "asked for 'rows', the server answered 'cells'",
    );
  });

  it("is refused by version, with both numbers", () => {
    // The only text of one character is the version; a length of four bytes goes before it.
    const text = bytes("classes.arrow");
    const at = text.findIndex((_, start) =>
      [1, 0, 0, 0, 0x31].every((byte, next) => text[start + next] === byte),
    );
    text[at + 4] = "7".charCodeAt(0);
    expect(() => decode(text, "classes")).toThrow(/version 7.*reads version 1/);
  });

  it("is refused by type of column", () => {
    const reply = decode(bytes("classes.arrow"), "classes");
    expect(() => readAnswer("neuron", reply)).toThrow("the reply 'classes' has no column 'mean'");
    const wrong = { ...reply, columns: { ...reply.columns, mean: Int32Array.of(1) } };
    expect(() => readAnswer("neuron", wrong)).toThrow("is Int32Array, expected Float32Array");
  });
});

describe("the manifest", () => {
  it("is read", () => {
    expect(decodeManifest(readJson("manifest.json")).results.map((result) => result.name)).toEqual([
      "net",
      "net-probe-relu",
      "net-probe-linear",
      "table",
    ]);
  });

  it("is refused by version, with both numbers", () => {
    expect(() => decodeManifest({ kind: "manifest", version: 2 })).toThrow(/version 2.*reads version 1/);
    expect(() => decodeManifest({ error: "x" })).toThrow("did not answer with a manifest");
    expect(() => decodeManifest(null)).toThrow("did not answer with a manifest");
  });
});
