import { describe, expect, it } from "vitest";
import { legendTitle, ticksOf, toggleFrozen, valueWords } from "../../src/panels/legend";
import { pageOf } from "./page";

const modelOf = (hash: string) => pageOf(hash).model;
const texts = (hash: string) => ticksOf(modelOf(hash)).map(({ text }) => text);

// cells: robin→robin 2, robin→dog 1, cup→cup 2, jay→jay 3, dog→robin 1, dog→dog 1
describe("ticks", () => {
  it("are counts, rates or nothing", () => {
    expect(texts("diagonal=1&scale=linear")).toEqual(["1", "2", "3"]);
    expect(texts("value=row")).toEqual(["33.3 %", "40.8 %", "50.0 %"]);
    expect(texts("value=row&scale=linear")).toEqual(["33.3 %", "41.7 %", "50.0 %"]);
    expect(texts("")).toEqual(["1"]);
    expect(texts("min=9&value=row")).toEqual(["no cells"]);
  });

  it("tell that values lie beyond frozen ends, but not in ranks, which have none", () => {
    expect(texts("value=row&max=0.4&low=0.35&scale=linear")).toEqual(["≤ 35.0 %", "37.5 %", "40.0 %+"]);
    expect(texts("value=row&max=0.4&low=0.35&scale=rank")).toEqual(["33.3 %", "50.0 %"]);
    expect(texts("max=9&scale=linear")).toEqual(["1", "5", "9"]);
  });
});

describe("freezing", () => {
  it("keeps both ends of rates, and the largest of counts", () => {
    expect(toggleFrozen(modelOf("value=row"))).toEqual({ frozenMax: 0.5, frozenMin: 1 / 3 });
    expect(toggleFrozen(modelOf("diagonal=1"))).toEqual({ frozenMax: 3, frozenMin: null });
    expect(toggleFrozen(modelOf("value=row&max=0.4&low=0.2"))).toEqual({ frozenMax: null, frozenMin: null });
  });

  it("does nothing for ranks and without cells", () => {
    expect(toggleFrozen(modelOf("value=row&scale=rank"))).toEqual({});
    expect(toggleFrozen(modelOf("value=row&min=9"))).toEqual({});
  });
});

it("says what rates are shares of and how colours go", () => {
  for (const value of ["row", "column", "pair"] as const) {
    const model = modelOf(`value=${value}&scale=rank`);
    const title = legendTitle(model, model.scale);
    expect(title).toContain("rank filter left out");
    expect(title).toContain("share the lowest of their ranks");
    expect(valueWords[value].unit).toContain("%");
  }
});
