import type { Edit } from "../state/state";
import type { Tree } from "./data";
import { finishTree } from "./hierarchy";

const ROOT = -1;
const GONE = -2;
const NO_CHILDREN: number[] = [];

type EditOf<K extends Edit["kind"]> = Extract<Edit, { kind: K }>;

/** A tree that edits change in place; its nodes are known by their number, which they keep. */
export class MutableTree {
  readonly name: string[];
  private readonly aliases: string[];
  private readonly classId: number[];
  private readonly parent: number[];
  private readonly children: number[][];
  private readonly root: number;

  constructor(tree: Tree) {
    const n = tree.nodeOfWire.length;
    this.name = new Array<string>(n).fill("");
    this.aliases = new Array<string>(n).fill("");
    this.classId = new Array<number>(n).fill(-1);
    this.parent = new Array<number>(n).fill(GONE);
    this.children = new Array<number[]>(n).fill(NO_CHILDREN);
    this.root = tree.wireNode[0];
    for (let row = 0; row < tree.nNodes; row++) {
      const node = tree.wireNode[row];
      this.name[node] = tree.name[row];
      this.aliases[node] = tree.aliases[row];
      this.classId[node] = tree.classId[row];
      if (tree.classId[row] < 0) this.children[node] = [];
      this.parent[node] = row === 0 ? ROOT : tree.wireNode[tree.parent[row]];
      if (row > 0) this.children[this.parent[node]].push(node);
    }
  }

  /** Make one change; false, and nothing is changed, where it does not fit. */
  apply(edit: Edit): boolean {
    switch (edit.kind) {
      case "rename":
        return this.rename(edit);
      case "move":
        return this.move(edit);
      case "group":
        return this.group(edit);
      case "merge":
        return this.merge(edit);
      case "dissolve":
        return this.dissolve(edit);
      case "replace":
        return this.replace(edit);
    }
  }

  has(node: number): boolean {
    return node >= 0 && node < this.parent.length && this.parent[node] !== GONE;
  }

  isGroup(node: number): boolean {
    return this.has(node) && this.classId[node] < 0;
  }

  /** The group that a node is in; −1 for the root. */
  parentOf(node: number): number {
    return this.parent[node];
  }

  classOf(node: number): number {
    return this.classId[node];
  }

  /** Preorder arrays of what there is now. */
  finish(): Tree {
    const order = this.below(this.root);
    const n = order.length;
    const row = new Int32Array(this.parent.length);
    const parent = new Int32Array(n);
    const start = new Int32Array(n);
    const stop = new Int32Array(n);
    const depth = new Int32Array(n);
    let leaf = 0;
    order.forEach((node, at) => {
      row[node] = at;
      parent[at] = at === 0 ? -1 : row[this.parent[node]];
      depth[at] = at === 0 ? 0 : depth[parent[at]] + 1;
      start[at] = leaf;
      if (this.classId[node] >= 0) stop[at] = ++leaf;
    });
    for (let at = n - 1; at > 0; at--) stop[parent[at]] = Math.max(stop[parent[at]], stop[at]);
    return finishTree(
      {
        parent,
        start,
        stop,
        depth,
        classId: Int32Array.from(order, (node) => this.classId[node]),
        wireNode: Int32Array.from(order),
        name: order.map((node) => this.name[node]),
        aliases: order.map((node) => this.aliases[node]),
      },
      this.parent.length,
    );
  }

  private rename({ node, name }: EditOf<"rename">): boolean {
    if (!this.isGroup(node)) return false;
    this.name[node] = name;
    return true;
  }

  private move({ nodes, into, before }: EditOf<"move">): boolean {
    const moved = this.topmost(nodes);
    if (moved === null || !this.isGroup(into)) return false;
    if (before !== null && this.parent[before] !== into) return false;
    const isMoved = new Set(moved);
    for (let node = into; node !== ROOT; node = this.parent[node]) if (isMoved.has(node)) return false;
    const anchor =
      before === null
        ? undefined
        : this.children[into]
            .slice(this.children[into].indexOf(before))
            .find((sibling) => !isMoved.has(sibling));
    const left = this.detach(moved);
    this.insert(moved, into, anchor);
    for (const parent of left) this.tidy(parent);
    return true;
  }

  private group({ nodes, name }: EditOf<"group">): boolean {
    const members = this.topmost(nodes);
    if (members === null || members.length < 2) return false;
    const isMember = new Set(members);
    let first = nodes[0];
    while (!isMember.has(first)) first = this.parent[first];
    const parent = this.parent[first];
    const siblings = this.children[parent];
    if (parent === this.root && siblings.every((node) => isMember.has(node))) return false;
    const anchor = siblings.slice(siblings.indexOf(first)).find((node) => !isMember.has(node));
    const left = this.detach(members);
    const made = this.add(name);
    this.insert([made], parent, anchor);
    this.insert(members, made, undefined);
    for (const one of left) this.tidy(one);
    return true;
  }

  private merge({ nodes }: EditOf<"merge">): boolean {
    const [target, ...others] = new Set(nodes);
    if (others.length === 0 || ![target, ...others].every((node) => this.isGroup(node))) return false;
    const isOther = new Set(others);
    for (let node = target; node !== ROOT; node = this.parent[node]) if (isOther.has(node)) return false;
    for (const other of others) {
      const taken = this.children[other];
      this.children[other] = [];
      this.insert(taken, target, undefined);
    }
    for (const other of others) this.tidy(other);
    return true;
  }

  private dissolve({ node }: EditOf<"dissolve">): boolean {
    if (!this.isGroup(node) || node === this.root) return false;
    this.spliceOut(node);
    return true;
  }

  private replace({ node, parent, classId, names }: EditOf<"replace">): boolean {
    if (!this.isGroup(node)) return false;
    const old = this.below(node);
    const leafOfClass = new Map(
      old.filter((one) => !this.isGroup(one)).map((one) => [this.classId[one], one]),
    );
    if (!fits(parent, classId, names, leafOfClass)) return false;
    for (const one of old) if (one !== node && this.isGroup(one)) this.remove(one);
    this.children[node] = [];
    const number = [node];
    for (let row = 1; row < parent.length; row++) {
      const leaf = leafOfClass.get(classId[row]);
      number[row] = leaf ?? this.add(names[row]);
      this.insert([number[row]], number[parent[row]], undefined);
    }
    for (let row = parent.length - 1; row >= 0; row--) this.tidy(number[row]);
    return true;
  }

  /** The node and everything below it, in preorder. */
  private below(top: number): number[] {
    const order: number[] = [];
    const stack = [top];
    while (stack.length > 0) {
      const node = stack.pop() as number;
      order.push(node);
      const children = this.children[node];
      for (let i = children.length - 1; i >= 0; i--) stack.push(children[i]);
    }
    return order;
  }

  /** Those that lie in no other, in preorder; null when one is gone or the root. */
  private topmost(nodes: readonly number[]): readonly number[] | null {
    if (nodes.length === 0 || !nodes.every((node) => this.has(node) && node !== this.root)) return null;
    const given = new Set(nodes);
    const isTop = (node: number) => {
      for (let above = this.parent[node]; above !== ROOT; above = this.parent[above]) {
        if (given.has(above)) return false;
      }
      return true;
    };
    const tops = new Set([...given].filter(isTop));
    return tops.size === 1 ? [...tops] : this.below(this.root).filter((node) => tops.has(node));
  }

  private add(name: string): number {
    const node = this.parent.length;
    this.name.push(name);
    this.aliases.push("");
    this.classId.push(-1);
    this.parent.push(GONE);
    this.children.push([]);
    return node;
  }

  /** Take nodes out of where they are; returns the groups they were in. */
  private detach(nodes: readonly number[]): ReadonlySet<number> {
    const isTaken = new Set(nodes);
    const left = new Set(nodes.map((node) => this.parent[node]));
    for (const parent of left)
      this.children[parent] = this.children[parent].filter((node) => !isTaken.has(node));
    return left;
  }

  /** Put detached nodes before a child of `parent`, or last. */
  private insert(nodes: readonly number[], parent: number, before: number | undefined): void {
    const siblings = this.children[parent];
    for (const node of nodes) this.parent[node] = parent;
    if (before === undefined) for (const node of nodes) siblings.push(node);
    else this.children[parent] = siblings.flatMap((node) => (node === before ? [...nodes, node] : [node]));
  }

  /** Take a group away when it has no child or one, and those above it that this leaves so. */
  private tidy(node: number): void {
    if (!this.isGroup(node) || this.children[node].length > 1) return;
    if (node === this.root) {
      const [only] = this.children[node];
      if (!this.isGroup(only)) return;
      this.spliceOut(only);
      this.tidy(node);
      return;
    }
    const parent = this.parent[node];
    this.spliceOut(node);
    this.tidy(parent);
  }

  /** Take a group away; its children stay in its place. */
  private spliceOut(node: number): void {
    const parent = this.parent[node];
    const children = this.children[node];
    for (const child of children) this.parent[child] = parent;
    this.children[parent] = this.children[parent].flatMap((other) => (other === node ? children : [other]));
    this.remove(node);
  }

  private remove(node: number): void {
    this.parent[node] = GONE;
    this.children[node] = NO_CHILDREN;
  }
}

/** Whether arrays are a tree in preorder over exactly these classes. */
function fits(
  parent: readonly number[],
  classId: readonly number[],
  names: readonly string[],
  leafOfClass: ReadonlyMap<number, number>,
): boolean {
  const n = parent.length;
  if (n === 0 || classId.length !== n || names.length !== n || parent[0] !== -1 || classId[0] >= 0)
    return false;
  const seen = new Set<number>();
  const nChildren = new Int32Array(n);
  for (let row = 1; row < n; row++) {
    const above = parent[row];
    if (!(above >= 0 && above < row) || classId[above] >= 0) return false;
    nChildren[above]++;
    if (classId[row] < 0) continue;
    if (!leafOfClass.has(classId[row]) || seen.has(classId[row])) return false;
    seen.add(classId[row]);
  }
  return seen.size === leafOfClass.size && classId.every((id, row) => id >= 0 || nChildren[row] > 0);
}
