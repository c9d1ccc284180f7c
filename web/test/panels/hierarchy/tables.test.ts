import { describe, expect, it } from "vitest";
import type { Classes } from "../../../src/core/data";
import { criterionRows, criterionText } from "../../../src/panels/hierarchy/criteria";
import { curvePath, depthAt } from "../../../src/panels/hierarchy/curve";
import { groupMatches } from "../../../src/panels/hierarchy/disagreement";
import { changeText, repairEdit, repairList } from "../../../src/panels/hierarchy/repairs";
import type { Comparison, Criteria } from "../../../src/source/answers";
import { workedExample } from "../../core/fixtures";

const { tree } = workedExample();
const names = ["zero", "one", "two", "three"];
const classes: Classes = { name: names, short: names, key: names };

describe("criterionRows", () => {
  const criteria: Criteria = {
    name: ["band mass", "2-SUM"],
    value: Float32Array.of(0.25, 12345.6),
    better: ["higher", "lower"],
    text: ["Share near the diagonal.", "Sum of squares."],
  };

  it("lists those of the whole order", () => {
    expect(criterionRows(criteria, null)).toEqual([
      { name: "band mass", text: "Share near the diagonal.", before: 0.25, after: null, gain: 0 },
      {
        name: "2-SUM",
        text: "Sum of squares.",
        before: Math.fround(12345.6),
        after: null,
        gain: 0,
      },
    ]);
    expect(criterionText("band mass", 0.25)).toBe("25.0 %");
    expect(criterionText("2-SUM", 12345.6)).toBe("12,346");
    expect(criterionText("2-SUM", Number.NaN)).toBe("–");
  });

  it("says what a proposal makes better", () => {
    const refinement = {
      parent: new Int32Array(0),
      class: new Int32Array(0),
      name: [],
      note: "",
      criteria: {
        "band mass": [0.2, 0.3],
        "2-SUM": [10, 12],
        other: [1, 1],
        "Dasgupta cost": [Number.NaN, 1],
      },
    } as const;
    const gains = criterionRows(criteria, refinement).map(({ name, gain }) => [name, gain]);
    expect(gains).toEqual([
      ["band mass", 1],
      ["2-SUM", -1],
      ["other", null],
      ["Dasgupta cost", null],
    ]);
    const same = { ...refinement, criteria: { "band mass": [0.2, 0.2] } } as const;
    expect(criterionRows(criteria, same)[0]?.gain).toBe(0);
  });
});

describe("groupMatches", () => {
  it("puts first what the other hierarchy takes apart most of the errors", () => {
    const comparison: Comparison = {
      best: Int32Array.of(0, 0, 0, 0, 2, 0, 0),
      bestName: ["all", "x", "", "", "y", "", ""],
      jaccard: Float32Array.of(1, 0.5, 1, 1, 0.25, 1, 1),
      mass: Float32Array.of(1, 0.6, 0, 0, 0.2, 0, 0),
      dasgupta: [1, 1],
      levelMass: [[], []],
      pairMass: [[], []],
    };
    const found = groupMatches(tree, classes, comparison);
    expect(found.map(({ name, bestName }) => [name, bestName])).toEqual([
      ["a", "x"],
      ["b", "y"],
    ]);
    const closer = { ...comparison, jaccard: Float32Array.of(1, 0.9, 1, 1, 0.25, 1, 1) };
    expect(groupMatches(tree, classes, closer).map(({ name }) => name)).toEqual(["b", "a"]);
  });
});

describe("repairs", () => {
  it("become groups at the place of what stays", () => {
    const [one] = repairList(tree, classes, {
      node: Int32Array.of(2),
      beside: Int32Array.of(4),
      change: Float32Array.of(-0.238),
      mass: Int32Array.of(10),
    });
    expect(one).toMatchObject({ name: "zero", besideName: "b", mass: 10 });
    expect(repairEdit(one)).toEqual({ kind: "group", nodes: [4, 2], name: "b + zero" });
    expect(changeText(one.change)).toBe("−23.80 %");
  });

  it("say how much they change", () => {
    expect(changeText(-0.008)).toBe("−0.80 %");
    expect(changeText(0.0004)).toBe("+0.04 %");
    expect(changeText(0)).toBe("0.00 %");
    expect(changeText(Number.NaN)).toBe("–");
  });
});

describe("curvePath", () => {
  const box = { left: 10, top: 0, width: 100, height: 50 };

  it("runs from the left to the right edge and breaks where nothing is known", () => {
    expect(curvePath([1, 0.5, 0], 3, box)).toBe("M10,0L60,25L110,50");
    expect(curvePath([1, Number.NaN, 0], 3, box)).toBe("M10,0M110,50");
    expect(curvePath([1], 1, box)).toBe("M60,0");
    expect(curvePath([], 3, box)).toBe("");
  });

  it("finds the nearest depth", () => {
    expect([-50, 34, 36, 500].map((x) => depthAt(x, 3, box))).toEqual([0, 0, 1, 2]);
  });
});
