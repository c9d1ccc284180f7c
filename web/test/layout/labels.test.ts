import { describe, expect, it } from "vitest";
import { axis } from "../../src/layout/frame";
import { columnLabels, hitColumnLabel } from "../../src/layout/labels";
import { workedExample } from "../core/fixtures";
import { syntheticStudy } from "../gallery/synthetic";

const { tree } = workedExample();
const namesOf = (labels: readonly { node: number }[]) => labels.map(({ node }) => tree.name[node]);

describe("columnLabels", () => {
  it("names classes where they have room, under their groups", () => {
    const { groups, names } = columnLabels(tree, axis(0, 4, 80, 4), 14);
    expect(namesOf(groups)).toEqual(["a", "b"]);
    expect(namesOf(names)).toEqual(["0", "1", "2", "3"]);
  });

  it("names only groups where classes have no room", () => {
    const { groups, names } = columnLabels(tree, axis(0, 4, 40, 4), 14);
    expect(namesOf(groups)).toEqual(["a", "b"]);
    expect(names).toEqual([]);
  });

  it("frames what is in view and clips labels to it", () => {
    const { groups, names } = columnLabels(tree, axis(0.5, 2, 60, 4), 14);
    expect(namesOf(groups)).toEqual(["a"]);
    expect(namesOf(names)).toEqual(["0", "1"]);
    expect(names[0]).toMatchObject({ start: 0, stop: 20 });
  });

  it("never writes two names over each other", () => {
    const large = syntheticStudy(500, 1000).tree;
    for (const [start, stop] of [
      [0, 500],
      [13.5, 200.2],
      [100, 130],
    ]) {
      const { names } = columnLabels(large, axis(start, stop, 700, 500), 14);
      for (let i = 1; i < names.length; i++) {
        const centre = (label: { start: number; stop: number }) => (label.start + label.stop) / 2;
        expect(centre(names[i]) - centre(names[i - 1])).toBeGreaterThan(10);
      }
    }
  });
});

it("hits group names above and class names below the line", () => {
  const columns = axis(0, 4, 80, 4);
  expect(tree.name[hitColumnLabel(tree, columns, 50, 8)]).toBe("b");
  expect(tree.name[hitColumnLabel(tree, columns, 50, 60)]).toBe("2");
  expect(hitColumnLabel(tree, columns, 90, 60)).toBe(-1);
});
