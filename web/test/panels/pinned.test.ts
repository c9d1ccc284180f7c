import { expect, it } from "vitest";
import { confusedWith, differences, pinnedGroups } from "../../src/panels/groups/pinned";
import { canPin, isPinned, togglePin } from "../../src/panels/groups/pins";
import { ends, inUnit, points } from "../../src/panels/groups/words";
import type { Action } from "../../src/state/actions";
import { pageOf } from "./page";

// cells: robin→robin 2, robin→dog 1, cup→cup 2, jay→jay 3, dog→robin 1, dog→dog 1; bird = robin, jay
// wire nodes: 0 all, 1 animal, 2 bird, 3 robin, 4 jay, 5 dog
const { model } = pageOf("pins=2.5");
const [bird, dog] = pinnedGroups(model);

it("pinned groups have their numbers in the order of the pins", () => {
  expect(pinnedGroups(model).map(({ name, nClasses, tp, fp, fn }) => [name, nClasses, tp, fp, fn])).toEqual([
    ["bird", 2, 5, 1, 1],
    ["dog", 1, 1, 1, 1],
  ]);
  expect(bird?.recall.value).toBeCloseTo(5 / 6, 12);
  expect([bird?.recall.low, bird?.recall.high].map((end) => end?.toFixed(3))).toEqual(["0.436", "0.970"]);
});

it("differences of separate groups have an interval, of nested ones a reason", () => {
  if (!bird || !dog) throw new Error("two groups are pinned");
  const [precision, recall, f1] = differences(bird, dog);
  expect(recall?.estimate.value).toBeCloseTo(5 / 6 - 1 / 2, 12);
  expect(recall?.estimate.low).toBeLessThan(0);
  expect([precision?.reason, recall?.reason]).toEqual(["", ""]);
  expect(f1?.estimate.low).toBeNaN();
  const [animal, inner] = pinnedGroups(pageOf("pins=1.2").model);
  if (!animal || !inner) throw new Error("two groups are pinned");
  for (const one of differences(animal, inner)) {
    expect(one.estimate.low).toBeNaN();
    expect(one.reason).not.toBe("");
  }
});

it("counts what the pinned groups are taken for, after the filters", () => {
  expect(confusedWith([bird, dog] as never, model, model.cells)).toEqual([
    [5, 1],
    [1, 1],
  ]);
  const wrong = pageOf("pins=2.5&topk=1").model;
  expect(confusedWith(pinnedGroups(wrong), wrong, wrong.cells)).toEqual([
    [0, 1],
    [1, 0],
  ]);
});

it("four groups are pinned at most", () => {
  const full = pageOf("pins=1.2.3.4").model;
  const actions: Action[] = [];
  togglePin(full, 5, (action) => actions.push(action));
  expect(canPin(full)).toBe(false);
  expect(actions).toEqual([]);
  expect(isPinned(full, 3)).toBe(true);
  togglePin(full, 3, (action) => actions.push(action));
  expect(actions).toEqual([{ type: "pins", nodes: [1, 2, 4] }]);
});

it("numbers are in words", () => {
  expect(inUnit(Math.fround(0.4805), "share")).toBe("48.0 %");
  expect(inUnit(Number.NaN, "share")).toBeNull();
  expect(inUnit(10000, "samples")).toBe("10,000");
  expect(inUnit(Math.fround(5.9134), "levels")).toBe("5.91");
  expect(ends({ low: 0.4706, high: 0.4903 })).toBe("47.1 – 49.0");
  expect(ends({ low: 1.4837, high: Math.fround(1.85) }, "levels")).toBe("1.48 – 1.85");
  expect(ends({ low: Number.NaN, high: Number.NaN })).toBe("");
  expect([points(0.142), points(-0.0301), points(0.0001)]).toEqual(["+14.2", "−3.0", "±0.0"]);
});
