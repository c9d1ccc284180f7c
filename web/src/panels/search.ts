import type { Classes, Tree } from "../core/data";

const NO_MATCH = 4;

export interface Found {
  /** Row of the tree as on the wire. */
  readonly wireNode: number;
  /** Where space is tight, and in full. */
  readonly name: string;
  readonly fullName: string;
  readonly isGroup: boolean;
  /** Group the node lies in, and how many classes it holds. */
  readonly within: string;
  readonly nClasses: number;
}

interface Hit {
  readonly node: number;
  readonly quality: number;
}

/** Nodes whose name, alias or class name holds `text`; whole names first, then beginnings, groups before classes. */
export function searchNodes(tree: Tree, classes: Classes, text: string, limit = 12): readonly Found[] {
  const wanted = text.trim().toLowerCase();
  if (wanted === "") return [];
  const { name, own, aliases } = lowerNames(tree, classes);
  const best: Hit[] = [];
  const isBetter = (a: Hit, b: Hit) =>
    a.quality - b.quality || size(tree, b.node) - size(tree, a.node) || a.node - b.node;
  for (let node = 1; node < tree.nNodes; node++) {
    const quality = Math.min(
      match(name[node] as string, wanted),
      match(own[node] as string, wanted),
      match(aliases[node] as string, wanted) + 1,
    );
    if (quality >= NO_MATCH) continue;
    const hit = { node, quality };
    const last = best.at(-1);
    if (best.length === limit && last && isBetter(hit, last) > 0) continue;
    const at = best.findIndex((other) => isBetter(hit, other) < 0);
    best.splice(at < 0 ? best.length : at, 0, hit);
    if (best.length > limit) best.pop();
  }
  return best.map(({ node }) => {
    const parent = tree.parent[node];
    return {
      wireNode: tree.wireNode[node],
      name: nameOf(tree, classes.short, node),
      fullName: nameOf(tree, classes.name, node),
      isGroup: tree.classId[node] < 0,
      within: parent > 0 ? nameOf(tree, classes.short, parent) : "",
      nClasses: size(tree, node),
    };
  });
}

interface LowerNames {
  readonly name: readonly string[];
  readonly own: readonly string[];
  readonly aliases: readonly string[];
}

const lowerNamesOf = new WeakMap<Tree, LowerNames>();

/** Names in lower case, made once per tree. */
function lowerNames(tree: Tree, classes: Classes): LowerNames {
  const known = lowerNamesOf.get(tree);
  if (known) return known;
  const lower = (text: string | undefined) => (text ?? "").toLowerCase();
  const made = {
    name: Array.from(tree.name, (_, node) => lower(nameOf(tree, classes.name, node))),
    own: tree.name.map(lower),
    aliases: tree.aliases.map(lower),
  };
  lowerNamesOf.set(tree, made);
  return made;
}

/** 0 the whole name, 1 its beginning, 2 the beginning of a word, 3 anywhere else. */
function match(name: string, wanted: string): number {
  const at = name.indexOf(wanted);
  if (at < 0) return NO_MATCH;
  if (at > 0) return /\W/.test(name[at - 1] as string) ? 2 : 3;
  return name.length === wanted.length ? 0 : 1;
}

function nameOf(tree: Tree, names: readonly string[], node: number): string {
  const classId = tree.classId[node];
  return (classId >= 0 ? names[classId] : tree.name[node]) ?? "";
}

function size(tree: Tree, node: number): number {
  return tree.stop[node] - tree.start[node];
}
