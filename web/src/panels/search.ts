import type { Classes, Tree } from "../model";

export interface Found {
  /** Row of the tree as on the wire. */
  readonly wireNode: number;
  /** Where space is tight, and in full. */
  readonly name: string;
  readonly fullName: string;
  /** Group the node lies in, and how many classes it holds. */
  readonly within: string;
  readonly nClasses: number;
}

/** Nodes whose name, alias or class name holds `text`; whole names first, then beginnings, groups before classes. */
export function searchNodes(tree: Tree, classes: Classes, text: string, limit = 12): readonly Found[] {
  const wanted = text.trim().toLowerCase();
  if (wanted === "") return [];
  const hits: { node: number; quality: number }[] = [];
  for (let node = 1; node < tree.nNodes; node++) {
    const quality = Math.min(
      match(nameOf(tree, classes.name, node), wanted),
      match(tree.name[node] ?? "", wanted),
      match(tree.aliases[node] ?? "", wanted) + 1,
    );
    if (quality < 4) hits.push({ node, quality });
  }
  hits.sort((a, b) => a.quality - b.quality || size(tree, b.node) - size(tree, a.node) || a.node - b.node);
  return hits.slice(0, limit).map(({ node }) => {
    const parent = tree.parent[node];
    return {
      wireNode: tree.wireNode[node],
      name: nameOf(tree, classes.short, node),
      fullName: nameOf(tree, classes.name, node),
      within: parent > 0 ? nameOf(tree, classes.short, parent) : "",
      nClasses: size(tree, node),
    };
  });
}

function match(name: string, wanted: string): number {
  const at = name.toLowerCase().indexOf(wanted);
  if (at < 0) return 4;
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
