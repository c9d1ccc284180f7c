import { describe, expect, it } from "vitest";
import { cellLut } from "../../src/draw/colourMaps";
import { pack } from "../../src/draw/palette";
import { cut, type Heading, sheetOf } from "../../src/export/sheet";
import { escapeXml, mostRuns, svgOf } from "../../src/export/svg";
import type { Model } from "../../src/model";
import { type AppState, type Encoding, initialState } from "../../src/state/state";
import { stage } from "../gallery/stage";
import { syntheticStudy } from "../gallery/synthetic";

const heading: Heading = {
  title: "study <1> & “net”",
  note: "all samples",
  unit: "samples in a cell",
  ticks: [
    { at: 0, text: "1" },
    { at: 1, text: "99" },
  ],
};
const measure = (text: string, size: number) => text.length * size * 0.55;

function modelOf(nClasses: number, state: Partial<AppState> = {}, encoding: Partial<Encoding> = {}): Model {
  const study = syntheticStudy(nClasses, nClasses * 60, 8);
  const whole = { ...state, encoding: { ...initialState.encoding, ...encoding } };
  return stage(study, { dark: false, responses: null, state: whole }).model();
}

function drawn(model: Model, size = { width: 600, height: 600 }): string {
  return svgOf(sheetOf(model, heading, size), model.dark, measure, () => "data:image/png;base64,AAAA");
}

/** Elements by name in document order; fails where tags do not match. */
function parse(xml: string): { name: string; attributes: Record<string, string>; text: string }[] {
  const found: { name: string; attributes: Record<string, string>; text: string }[] = [];
  const open: { name: string; attributes: Record<string, string>; text: string }[] = [];
  const token = /<(\/?)([a-zA-Z]+)((?:\s[\w:-]+=(?:"[^"<]*"|'[^'<]*'))*)\s*(\/?)>|([^<>]+)/gy;
  let end = 0;
  for (const match of xml.matchAll(token)) {
    const [whole, closes, name, attributes, isEmpty, text] = match;
    end = (match.index ?? 0) + whole.length;
    if (text !== undefined) {
      if (/&(?!(amp|lt|gt|quot|apos);)/.test(text)) throw new Error(`bare & in ${text}`);
      const last = open.at(-1);
      if (last) last.text += text;
    } else if (closes) {
      if (open.pop()?.name !== name) throw new Error(`</${name}> does not match`);
    } else {
      const element = {
        name,
        attributes: Object.fromEntries(
          [...attributes.matchAll(/([\w:-]+)=(?:"([^"]*)"|'([^']*)')/g)].map(([, key, a, b]) => [
            key,
            a ?? b,
          ]),
        ),
        text: "",
      };
      found.push(element);
      if (!isEmpty) open.push(element);
    }
  }
  if (end !== xml.length || open.length > 0) throw new Error(`not well formed at ${end}`);
  return found;
}

/** Colour by cell, from the paths of cells. */
function cellsOf(xml: string): Map<string, number> {
  const cells = new Map<string, number>();
  for (const { name, attributes } of parse(xml)) {
    if (name !== "path" || !/^M\d+ \d+h\d+v1/.test(attributes.d)) continue;
    const rgb = [1, 3, 5].map((at) => Number.parseInt(attributes.fill.slice(at, at + 2), 16));
    for (const [, col, row, length] of attributes.d.matchAll(/M(\d+) (\d+)h(\d+)v1h-\3z/g)) {
      for (let c = Number(col); c < Number(col) + Number(length); c++) {
        expect(cells.has(`${row},${c}`)).toBe(false);
        cells.set(`${row},${c}`, pack([rgb[0], rgb[1], rgb[2]]));
      }
    }
  }
  return cells;
}

describe("cells", () => {
  it.each([
    ["everything", {}, {}],
    [
      "a part, as rates",
      { viewport: { x0: 3.4, y0: 10, x1: 23.4, y1: 30 } },
      { value: "row", scale: "rank" },
    ],
    ["pairs with the diagonal", {}, { value: "pair", diagonal: true, colours: "cividis" }],
  ] as const)("are all there, once, in their colour: %s", (_, state, encoding) => {
    const model = modelOf(40, state, encoding as Partial<Encoding>);
    const { picture } = sheetOf(model, heading, { width: 600, height: 600 });
    const { scene, rows, columns } = picture;
    const lut = cellLut(picture.colours, false);
    const expected = new Map<string, number>();
    for (let row = rows.first; row < rows.last; row++) {
      for (let i = scene.order.rowStart[row]; i < scene.order.rowStart[row + 1]; i++) {
        const col = scene.order.col[i];
        if (scene.level[i] > 0 && col >= columns.first && col < columns.last)
          expected.set(`${row},${col}`, lut[scene.level[i]]);
      }
    }
    expect(cellsOf(drawn(model))).toEqual(expected);
  });

  it("become a picture where they are too many", () => {
    const model = modelOf(40);
    const sheet = sheetOf(model, heading, { width: 600, height: 600 });
    const { order } = sheet.picture.scene;
    const n = 400;
    const many = {
      ...order,
      nClasses: n,
      rowStart: Int32Array.from({ length: n + 1 }, (_, row) => row * n),
      col: Int32Array.from({ length: n * n }, (_, i) => i % n),
    };
    const level = Uint8Array.from({ length: n * n }, (_, i) => 1 + (i % 200));
    const axis = { ...sheet.picture.columns, stop: n, last: n, scale: 600 / n };
    const picture = { ...sheet.picture, scene: { order: many, level }, columns: axis, rows: axis };
    expect(n * n).toBeGreaterThan(mostRuns);
    const elements = parse(svgOf({ ...sheet, picture }, false, measure, () => "data:image/png;base64,AAAA"));
    const image = elements.find(({ name }) => name === "image");
    expect(image?.attributes.href).toBe("data:image/png;base64,AAAA");
    expect(image?.attributes.width).toBe("600");
  });

  it("are numbered where they are large", () => {
    const model = modelOf(40, { viewport: { x0: 0, y0: 0, x1: 10, y1: 10 } });
    const texts = parse(drawn(model)).filter(({ attributes }) => attributes.dy && !attributes["font-size"]);
    const shown = cellsOf(drawn(model));
    expect(texts).toHaveLength([...shown.keys()].length);
  });
});

describe("around the cells", () => {
  const model = modelOf(40, {
    selection: { kind: "cells", boxes: [{ rows: { start: 0, stop: 9 }, cols: { start: 4, stop: 8 } }] },
  });
  const elements = parse(drawn(model));
  const texts = elements.filter(({ name }) => name === "text").map(({ text }) => text);

  it("stand the title, the unit, the ticks and the names as text", () => {
    expect(texts).toContain("study &lt;1&gt; &amp; “net”");
    expect(texts).toContain("samples in a cell, log scale");
    expect(texts).toEqual(expect.arrayContaining(["1", "99", "rows true, columns predicted"]));
    const rowNames = elements.filter(
      ({ attributes }) => attributes["text-anchor"] === "end" && attributes.x === "181",
    );
    expect(rowNames.length).toBeGreaterThan(10);
    for (const { text } of rowNames) {
      expect(model.label.some((label) => label.startsWith(text.replace("…", "")))).toBe(true);
    }
  });

  it("are outlines of groups, and of the selection in the accent colour", () => {
    const outlines = elements.filter(({ name }) => name === "polygon");
    const accent = outlines.filter(({ attributes }) => attributes.stroke === "#e05206");
    expect(accent).toHaveLength(1);
    expect(accent[0].attributes.points).toBe("246,156 306,156 306,291 246,291");
    expect(outlines.length).toBeGreaterThan(3);
  });

  it("keeps the box of everything inside the page", () => {
    const [svg] = elements;
    for (const { name, attributes } of elements) {
      if (name !== "text") continue;
      expect(Number(attributes.x)).toBeLessThanOrEqual(Number(svg.attributes.width));
      expect(Number(attributes.y)).toBeLessThanOrEqual(Number(svg.attributes.height));
    }
  });
});

it("hatches what is undefined, and says so", () => {
  const model = modelOf(60, {}, { value: "row" });
  const empty = model.mapped.undefinedRow as Uint8Array;
  expect(empty.reduce((n, one) => n + one, 0)).toBeGreaterThan(0);
  const elements = parse(drawn(model));
  const rects = elements.filter(({ attributes }) => attributes.fill === "url(#undefined)");
  const hatchedRows = rects.reduce((height, { attributes }) => height + Number(attributes.height), 0);
  expect(hatchedRows).toBeCloseTo(empty.reduce((n, one) => n + one, 0) * 10, 6);
  for (const { attributes } of rects) {
    const leaf = Math.round((Number(attributes.y) - 156) / 10);
    expect(empty[model.tree.classOfLeaf[leaf]]).toBe(1);
  }
  expect(elements.some(({ text }) => text.endsWith("hatched: undefined"))).toBe(true);
  expect(drawn(modelOf(60))).not.toContain("undefined");
});

it("draws blocks and rings", () => {
  const plain = modelOf(40);
  const made = sheetOf(plain, heading, { width: 600, height: 600 });
  const partition = {
    cuts: Int32Array.of(0, 10, 40),
    sum: Float32Array.of(1, 1),
    area: Float32Array.of(1, 1),
    density: Float32Array.of(1, 1),
    value: 1,
    inBlockMass: 0.5,
    nBlocks: 2,
    note: "",
  };
  const outliers = {
    true: Int32Array.of(plain.tree.classOfLeaf[2]),
    pred: Int32Array.of(plain.tree.classOfLeaf[30]),
    count: Int32Array.of(9),
    expected: Float32Array.of(1),
    surprise: Float32Array.of(8),
    lcaHeight: Int32Array.of(2),
    nOutliers: 1,
    mass: 9,
    share: 0.1,
  };
  const elements = parse(drawn({ ...plain, partition, outliers }));
  const ring = elements.find(({ name }) => name === "circle");
  expect(Number(ring?.attributes.cx)).toBeCloseTo(made.plot.x + 30.5 * 15, 6);
  expect(Number(ring?.attributes.cy)).toBeCloseTo(made.plot.y + 2.5 * 15, 6);
  const blocks = elements.filter(({ attributes }) => attributes["stroke-width"] === "1.5");
  expect(blocks.map(({ attributes }) => attributes.points.split(" ")[2])).toEqual(["336,306", "786,756"]);
});

it("escapes what XML has no characters for", () => {
  expect(escapeXml(`a<b>&"c"'\u0000\n\uffff😀`)).toBe("a&lt;b&gt;&amp;&quot;c&quot;&apos; 😀");
  expect(escapeXml("\ud800x")).toBe("x");
});

it("cuts texts to their room", () => {
  expect(cut("physical entity", 200, (text) => text.length * 6)).toBe("physical entity");
  expect(cut("physical entity", 60, (text) => text.length * 6)).toBe("physical…");
  expect(cut("physical", 15, (text) => text.length * 6)).toBe("");
});
