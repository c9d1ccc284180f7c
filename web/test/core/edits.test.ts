import { describe, expect, it } from "vitest";
import type { Tree } from "../../src/core/data";
import { applyEdits } from "../../src/core/edits";
import { buildTree, sortChildren } from "../../src/core/hierarchy";
import type { Edit } from "../../src/state/state";
import { syntheticStudy } from "../gallery/synthetic";

/** The oracle: a tree of objects, changed by rebuilding it from scratch. */
interface Nested {
  readonly id: number;
  readonly name: string;
  readonly classId: number;
  readonly children: readonly Nested[];
}

const leaf = (id: number, classId: number): Nested => ({
  id,
  name: `class ${classId}`,
  classId,
  children: [],
});

/** Numbers nodes in preorder, as the wire does. */
function treeOf(nested: Nested): { tree: Tree; nested: Nested } {
  const parent: number[] = [];
  const rows: Nested[] = [];
  const numbered = (node: Nested, above: number): Nested => {
    const id = rows.length;
    rows.push(node);
    parent.push(above);
    return { ...node, id, children: node.children.map((child) => numbered(child, id)) };
  };
  const made = numbered(nested, -1);
  let nLeaves = 0;
  const start = rows.map(({ classId }) => (classId >= 0 ? nLeaves++ : nLeaves));
  const size = (node: Nested): number =>
    node.classId >= 0 ? 1 : node.children.reduce((sum, child) => sum + size(child), 0);
  const depth: number[] = [];
  for (const above of parent) depth.push(above < 0 ? 0 : depth[above] + 1);
  const tree = buildTree({
    parent: Int32Array.from(parent),
    start: Int32Array.from(start),
    stop: Int32Array.from(rows, (node, row) => start[row] + size(node)),
    depth: Int32Array.from(depth),
    class: Int32Array.from(rows, ({ classId }) => classId),
    name: rows.map(({ name }) => name),
    aliases: rows.map(() => ""),
  });
  return { tree, nested: made };
}

function nestedOf(tree: Tree): Nested {
  const childrenOf = (row: number) =>
    Array.from({ length: tree.nNodes }, (_, other) => other).filter((other) => tree.parent[other] === row);
  const at = (row: number): Nested => ({
    id: tree.wireNode[row],
    name: tree.name[row],
    classId: tree.classId[row],
    children: childrenOf(row).map(at),
  });
  return at(0);
}

const all = (node: Nested): Nested[] => [node, ...node.children.flatMap(all)];
const find = (node: Nested, id: number) => all(node).find((other) => other.id === id);
const contains = (node: Nested | undefined, id: number) => node !== undefined && find(node, id) !== undefined;
const parentOf = (root: Nested, id: number) =>
  all(root).find((node) => node.children.some((c) => c.id === id));

function mapChildren(node: Nested, change: (parent: Nested) => readonly Nested[]): Nested {
  const inside = { ...node, children: node.children.map((child) => mapChildren(child, change)) };
  return { ...inside, children: change(inside) };
}

/** Groups without children or with one vanish; the root only takes over an only group's children. */
function contracted(root: Nested): Nested {
  const inner = (node: Nested): readonly Nested[] => {
    if (node.classId >= 0) return [node];
    const children = node.children.flatMap(inner);
    return children.length > 1 ? [{ ...node, children }] : children;
  };
  const children = root.children.flatMap(inner);
  const [only] = children;
  return {
    ...root,
    children: children.length === 1 && only && only.classId < 0 ? only.children : children,
  };
}

function tops(root: Nested, nodes: readonly number[]): readonly Nested[] | null {
  const found = nodes.map((id) => find(root, id));
  if (found.length === 0 || found.some((node) => node === undefined || node.id === root.id)) return null;
  return all(root).filter(
    (node) =>
      nodes.includes(node.id) &&
      !found.some((other) => other !== undefined && other.id !== node.id && contains(other, node.id)),
  );
}

function expected(root: Nested, edit: Edit, next: number): Nested | null {
  const group = (id: number) => (find(root, id)?.classId ?? 0) < 0;
  switch (edit.kind) {
    case "rename": {
      if (!group(edit.node)) return null;
      const renamed = (node: Nested): Nested => ({
        ...node,
        name: node.id === edit.node ? edit.name : node.name,
        children: node.children.map(renamed),
      });
      return renamed(root);
    }
    case "move": {
      const moved = tops(root, edit.nodes);
      if (!moved || !group(edit.into) || moved.some((node) => contains(node, edit.into))) return null;
      if (edit.before !== null && parentOf(root, edit.before)?.id !== edit.into) return null;
      const ids = new Set(moved.map(({ id }) => id));
      return contracted(
        mapChildren(root, (parent) => {
          const rest: Nested[] = [];
          let isPlaced = parent.id !== edit.into;
          let isPast = false;
          for (const child of parent.children) {
            isPast ||= child.id === edit.before;
            if (ids.has(child.id)) continue;
            if (isPast && !isPlaced) {
              rest.push(...moved);
              isPlaced = true;
            }
            rest.push(child);
          }
          if (!isPlaced) rest.push(...moved);
          return rest;
        }),
      );
    }
    case "group": {
      const members = tops(root, edit.nodes);
      if (!members || members.length < 2) return null;
      const first = members.find((node) => contains(node, edit.nodes[0])) as Nested;
      if (root.children.every((child) => members.includes(child))) return null;
      const made: Nested = { id: next, name: edit.name, classId: -1, children: members };
      return contracted(
        mapChildren(root, (parent) =>
          parent.children.flatMap((child) =>
            child.id === first.id ? [made] : members.some(({ id }) => id === child.id) ? [] : [child],
          ),
        ),
      );
    }
    case "merge": {
      const [target, ...others] = [...new Set(edit.nodes)];
      if (others.length === 0 || ![target, ...others].every(group)) return null;
      if (others.some((id) => contains(find(root, id), target))) return null;
      let now = root;
      for (const other of others) {
        const taken = (find(now, other) as Nested).children;
        now = mapChildren(now, (parent) =>
          parent.id === other ? [] : parent.id === target ? [...parent.children, ...taken] : parent.children,
        );
      }
      return contracted(now);
    }
    case "dissolve":
      if (!group(edit.node) || edit.node === root.id) return null;
      return contracted(
        mapChildren(root, (parent) =>
          parent.children.flatMap((child) => (child.id === edit.node ? child.children : [child])),
        ),
      );
    case "replace": {
      const old = find(root, edit.node);
      if (!old || old.classId >= 0) return null;
      const leaves = new Map(
        all(old)
          .filter((node) => node.classId >= 0)
          .map((node) => [node.classId, node]),
      );
      const ids = [old.id];
      for (let row = 1, added = next; row < edit.parent.length; row++) {
        ids[row] = leaves.get(edit.classId[row])?.id ?? added++;
      }
      const at = (row: number): Nested =>
        leaves.get(edit.classId[row]) ?? {
          id: ids[row],
          name: row === 0 ? old.name : edit.names[row],
          classId: -1,
          children: edit.parent.flatMap((above, child) => (above === row ? [at(child)] : [])),
        };
      const made = at(0);
      if (old.id === root.id) return contracted(made);
      return contracted(
        mapChildren(root, (parent) => parent.children.map((child) => (child.id === old.id ? made : child))),
      );
    }
  }
}

function random(seed: number): (below: number) => number {
  let state = seed * 2654435761 + 1;
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

function randomNested(pick: (below: number) => number, nClasses: number): Nested {
  let nodes: Nested[] = Array.from({ length: nClasses }, (_, classId) => leaf(0, classId));
  while (nodes.length > 3) {
    const at = pick(nodes.length - 1);
    const taken = nodes.slice(at, at + 2 + pick(3));
    const group = { id: 0, name: `group ${nodes.length}`, classId: -1, children: taken };
    nodes = [...nodes.slice(0, at), group, ...nodes.slice(at + taken.length)];
  }
  return contracted({ id: 0, name: "all", classId: -1, children: nodes });
}

/** A preorder tree over some classes, as a refinement gives it. */
function randomBlock(pick: (below: number) => number, classes: readonly number[]) {
  const parent = [-1];
  const classId = [-1];
  const split = (part: readonly number[], above: number) => {
    const at = 1 + pick(part.length - 1);
    for (const half of [part.slice(0, at), part.slice(at)]) {
      parent.push(above);
      classId.push(half.length === 1 ? half[0] : -1);
      if (half.length > 1) split(half, parent.length - 1);
    }
  };
  const shuffled = [...classes].sort((a, b) => ((a * 7919) % 101) - ((b * 7919) % 101));
  if (classes.length > 1) split(shuffled, 0);
  else {
    parent.push(0);
    classId.push(classes[0]);
  }
  return { parent, classId, names: parent.map((_, row) => `made ${row}`) };
}

function randomEdit(pick: (below: number) => number, now: Nested, nNumbers: number): Edit {
  const any = () => pick(nNumbers + 1);
  const some = () => Array.from({ length: 1 + pick(3) }, any);
  switch (pick(6)) {
    case 0:
      return { kind: "rename", node: any(), name: `name ${pick(100)}` };
    case 1: {
      const into = any();
      const siblings = find(now, into)?.children ?? [];
      const before = pick(3) > 0 && siblings.length > 0 ? siblings[pick(siblings.length)].id : null;
      return { kind: "move", nodes: some(), into, before: pick(9) === 0 ? any() : before };
    }
    case 2:
      return { kind: "group", nodes: some(), name: "new" };
    case 3:
      return { kind: "merge", nodes: some() };
    case 4:
      return { kind: "dissolve", node: any() };
    default: {
      const node = any();
      const found = find(now, node);
      const classes = found ? all(found).flatMap(({ classId }) => (classId >= 0 ? [classId] : [])) : [0];
      return { kind: "replace", node, how: { method: "test" }, ...randomBlock(pick, classes) };
    }
  }
}

describe("applyEdits", () => {
  it("does what a tree of objects does, whatever is edited", () => {
    let applied = 0;
    let skipped = 0;
    for (let seed = 0; seed < 120; seed++) {
      const pick = random(seed);
      const nClasses = 2 + pick(14);
      const { tree, nested } = treeOf(randomNested(pick, nClasses));
      const leafNumber = new Map(
        all(nested).flatMap(({ id, classId }) => (classId >= 0 ? [[classId, id]] : [])),
      );
      const edits: Edit[] = [];
      let oracle = nested;
      for (let step = 0; step < 12; step++) {
        const before = applyEdits(tree, edits);
        const next = before.nodeOfWire.length;
        const edit = randomEdit(pick, oracle, next);
        edits.push(edit);
        const after = expected(oracle, edit, next);
        if (after === null) skipped++;
        else applied++;
        oracle = after ?? oracle;
        const edited = applyEdits(tree, edits);
        expect(nestedOf(edited), `seed ${seed} step ${step} ${JSON.stringify(edit)}`).toEqual(oracle);
        expect(edited.wireNode[0]).toBe(0);
        expect([...edited.classOfLeaf].sort((a, b) => a - b)).toEqual(
          Array.from({ length: nClasses }, (_, i) => i),
        );
        for (const [classId, number] of leafNumber) {
          expect(edited.nodeOfWire[number]).toBe(edited.nodeOfLeaf[edited.leafOfClass[classId]]);
        }
        expect(applyEdits(tree, edits)).toEqual(edited);
        expect(applyEdits(before, [edit])).toEqual(edited);
      }
    }
    expect(applied).toBeGreaterThan(300);
    expect(skipped).toBeGreaterThan(300);
  });

  const { tree } = treeOf({
    id: 0,
    name: "all",
    classId: -1,
    children: [
      { id: 0, name: "a", classId: -1, children: [leaf(0, 0), leaf(0, 1)] },
      { id: 0, name: "b", classId: -1, children: [leaf(0, 2), leaf(0, 3)] },
      leaf(0, 4),
    ],
  });
  const [A, CLASS_0, CLASS_1, B, CLASS_4] = [1, 2, 3, 4, 7];

  it("gives the same tree back when nothing fits", () => {
    const impossible: readonly Edit[] = [
      { kind: "rename", node: 99, name: "x" },
      { kind: "rename", node: CLASS_0, name: "x" },
      { kind: "move", nodes: [A], into: A, before: null },
      { kind: "move", nodes: [0], into: A, before: null },
      { kind: "move", nodes: [B], into: CLASS_0, before: null },
      { kind: "move", nodes: [B], into: A, before: B },
      { kind: "merge", nodes: [CLASS_0, CLASS_1] },
      { kind: "merge", nodes: [A, 0] },
      { kind: "dissolve", node: 0 },
      { kind: "group", nodes: [A, CLASS_0], name: "x" },
      { kind: "group", nodes: [A, B, CLASS_4], name: "x" },
      { kind: "replace", node: A, parent: [-1, 0, 0], classId: [-1, 0, 2], names: ["", "", ""], how: {} },
      { kind: "replace", node: A, parent: [-1, 0, 1], classId: [-1, 0, 1], names: ["", "", ""], how: {} },
    ];
    expect(applyEdits(tree, [])).toBe(tree);
    for (const edit of impossible) expect(applyEdits(tree, [edit]), edit.kind).toBe(tree);
  });

  it("renames the root and keeps numbers of groups that came and went", () => {
    const edited = applyEdits(tree, [
      { kind: "rename", node: 0, name: "everything" },
      { kind: "group", nodes: [CLASS_4, CLASS_0], name: "pair" },
      { kind: "dissolve", node: 8 },
      { kind: "group", nodes: [B, CLASS_1], name: "other" },
    ]);
    expect(edited.name[0]).toBe("everything");
    expect(edited.nodeOfWire[8]).toBe(-1);
    expect(edited.nodeOfWire[A]).toBe(-1);
    expect(edited.name[edited.nodeOfWire[9]]).toBe("other");
    expect(sortChildren(edited, "name", false).nodeOfWire).toHaveLength(10);
  });

  it("leaves groups with one class that it was given as they are, where no edit touches them", () => {
    const single = treeOf({
      id: 0,
      name: "all",
      classId: -1,
      children: [
        { id: 0, name: "alone", classId: -1, children: [leaf(0, 0)] },
        { id: 0, name: "two", classId: -1, children: [leaf(0, 1), leaf(0, 2)] },
      ],
    }).tree;
    const edited = applyEdits(single, [{ kind: "dissolve", node: 3 }]);
    expect(edited.name).toEqual(["all", "alone", "class 0", "class 1", "class 2"]);
  });

  it("edits 21,841 classes", () => {
    const large = syntheticStudy(21_841, 1000).tree;
    const groups = [...large.wireNode].filter((node) => large.classId[node] < 0 && node > 0);
    const edits: Edit[] = Array.from({ length: 50 }, (_, at) => ({
      kind: "move",
      nodes: [large.nodeOfLeaf[at * 37]],
      into: groups[at * 3],
      before: null,
    }));
    const edited = applyEdits(large, edits);
    expect(new Set(edited.classOfLeaf).size).toBe(21_841);
    for (let row = 1; row < edited.nNodes; row++) {
      expect(edited.parent[row]).toBeLessThan(row);
      if (edited.start[row] < edited.start[edited.parent[row]]) throw new Error("not nested");
      if (edited.stop[row] > edited.stop[edited.parent[row]]) throw new Error("not nested");
    }
  });
});
