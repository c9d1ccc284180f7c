import type { CellIndex, Tree } from "./data";

/** Columns of the wire view `hierarchy`: preorder, root 0. */
export interface HierarchyColumns {
  readonly parent: Int32Array;
  readonly start: Int32Array;
  readonly stop: Int32Array;
  readonly depth: Int32Array;
  readonly class: Int32Array;
  readonly name: ArrayLike<string>;
  readonly aliases: ArrayLike<string>;
}

interface NodeColumns {
  readonly parent: Int32Array;
  readonly start: Int32Array;
  readonly stop: Int32Array;
  readonly depth: Int32Array;
  readonly classId: Int32Array;
  readonly wireNode: Int32Array;
  readonly name: readonly string[];
  readonly aliases: readonly string[];
}

/** Make the tree of a wire reply, in the order it came. */
export function buildTree(columns: HierarchyColumns): Tree {
  const nNodes = columns.parent.length;
  return finishTree({
    parent: columns.parent,
    start: columns.start,
    stop: columns.stop,
    depth: columns.depth,
    classId: columns.class,
    wireNode: Int32Array.from({ length: nNodes }, (_, node) => node),
    name: Array.from(columns.name),
    aliases: Array.from(columns.aliases),
  });
}

/** Add to columns in preorder what follows from them; there are `nNumbers` node numbers, of nodes that are gone too. */
export function finishTree(nodes: NodeColumns, nNumbers = nodes.parent.length): Tree {
  const nNodes = nodes.parent.length;
  const nClasses = nNodes === 0 ? 0 : nodes.stop[0];
  const nodeOfWire = new Int32Array(nNumbers).fill(-1);
  const classOfLeaf = new Int32Array(nClasses);
  const leafOfClass = new Int32Array(nClasses);
  const nodeOfLeaf = new Int32Array(nClasses);
  let maxDepth = 0;
  for (let node = 0; node < nNodes; node++) {
    nodeOfWire[nodes.wireNode[node]] = node;
    maxDepth = Math.max(maxDepth, nodes.depth[node]);
    const classId = nodes.classId[node];
    if (classId < 0) continue;
    const leaf = nodes.start[node];
    classOfLeaf[leaf] = classId;
    leafOfClass[classId] = leaf;
    nodeOfLeaf[leaf] = node;
  }
  return { nNodes, maxDepth, ...nodes, nodeOfWire, classOfLeaf, leafOfClass, nodeOfLeaf };
}

/** Children of every node as one list: those of `node` are `child[first[node] .. first[node + 1])`. */
export interface ChildLists {
  readonly first: Int32Array;
  readonly child: Int32Array;
}

const childListsOf = new WeakMap<Tree, ChildLists>();

/** The child lists of a tree, made once. */
export function childLists(tree: Tree): ChildLists {
  let lists = childListsOf.get(tree);
  if (lists === undefined) {
    lists = makeChildLists(tree);
    childListsOf.set(tree, lists);
  }
  return lists;
}

function makeChildLists(tree: Tree): ChildLists {
  const first = new Int32Array(tree.nNodes + 1);
  for (let node = 1; node < tree.nNodes; node++) first[tree.parent[node] + 1]++;
  for (let node = 0; node < tree.nNodes; node++) first[node + 1] += first[node];
  const next = first.slice();
  const child = new Int32Array(Math.max(0, tree.nNodes - 1));
  for (let node = 1; node < tree.nNodes; node++) child[next[tree.parent[node]]++] = node;
  return { first, child };
}

/** Sort the children of every node; `key` is by node of `tree`. NaN comes last both ways, ties by smallest leaf. */
export function sortChildren(tree: Tree, key: Float64Array | "name", descending: boolean): Tree {
  const { first, child } = makeChildLists(tree);
  const sign = descending ? -1 : 1;
  const compare =
    key === "name"
      ? (a: number, b: number) => {
          if (tree.name[a] === tree.name[b]) return tree.start[a] - tree.start[b];
          return tree.name[a] < tree.name[b] ? -sign : sign;
        }
      : (a: number, b: number) => {
          const undefinedA = Number.isNaN(key[a]);
          if (undefinedA !== Number.isNaN(key[b])) return undefinedA ? 1 : -1;
          if (undefinedA || key[a] === key[b]) return tree.start[a] - tree.start[b];
          return key[a] < key[b] ? -sign : sign;
        };
  for (let node = 0; node < tree.nNodes; node++) child.subarray(first[node], first[node + 1]).sort(compare);

  const order = new Int32Array(tree.nNodes);
  const stack = tree.nNodes > 0 ? [0] : [];
  for (let placed = 0; stack.length > 0; placed++) {
    const node = stack.pop() as number;
    order[placed] = node;
    for (let i = first[node + 1] - 1; i >= first[node]; i--) stack.push(child[i]);
  }
  const sorted = reordered(tree, order);
  unsortedOf.set(sorted, tree);
  return sorted;
}

/** The tree whose children were sorted: it has the same groups. */
const unsortedOf = new WeakMap<Tree, Tree>();

function reordered(tree: Tree, order: Int32Array): Tree {
  const placeOf = new Int32Array(tree.nNodes);
  order.forEach((node, place) => {
    placeOf[node] = place;
  });
  const parent = order.map((node) => (tree.parent[node] < 0 ? -1 : placeOf[tree.parent[node]]));
  const start = new Int32Array(tree.nNodes);
  const stop = new Int32Array(tree.nNodes);
  const nextLeaf = new Int32Array(tree.nNodes);
  for (let place = 0; place < tree.nNodes; place++) {
    const size = tree.stop[order[place]] - tree.start[order[place]];
    start[place] = place === 0 ? 0 : nextLeaf[parent[place]];
    stop[place] = start[place] + size;
    if (place > 0) nextLeaf[parent[place]] = stop[place];
    nextLeaf[place] = start[place];
  }
  return finishTree(
    {
      parent,
      start,
      stop,
      depth: order.map((node) => tree.depth[node]),
      classId: order.map((node) => tree.classId[node]),
      wireNode: order.map((node) => tree.wireNode[node]),
      name: Array.from(order, (node) => tree.name[node]),
      aliases: Array.from(order, (node) => tree.aliases[node]),
    },
    tree.nodeOfWire.length,
  );
}

/** Answers "lowest common ancestor of two leaves" in constant time. */
export interface AncestorIndex {
  of(leafA: number, leafB: number): number;
}

const ancestorIndices = new WeakMap<Tree, AncestorIndex>();

/** The ancestor index of a tree, made once. */
export function ancestors(tree: Tree): AncestorIndex {
  let index = ancestorIndices.get(tree);
  if (index === undefined) {
    index = makeAncestorIndex(tree);
    ancestorIndices.set(tree, index);
  }
  return index;
}

// In preorder an ancestor precedes its descendants, so the ancestor of a run of leaves is the smallest
// node among the ancestors of its neighbouring pairs: a range minimum over a sparse table.
function makeAncestorIndex(tree: Tree): AncestorIndex {
  const nLeaves = tree.classOfLeaf.length;
  const neighbours = new Int32Array(Math.max(0, nLeaves - 1));
  for (let leaf = 0; leaf + 1 < nLeaves; leaf++) {
    let node = tree.nodeOfLeaf[leaf];
    while (tree.stop[node] <= leaf + 1) node = tree.parent[node];
    neighbours[leaf] = node;
  }
  const levels = [neighbours];
  for (let width = 2; width <= neighbours.length; width *= 2) {
    const below = levels[levels.length - 1];
    const level = new Int32Array(neighbours.length - width + 1);
    for (let i = 0; i < level.length; i++) level[i] = Math.min(below[i], below[i + width / 2]);
    levels.push(level);
  }
  return {
    of(leafA, leafB) {
      if (leafA === leafB) return tree.nodeOfLeaf[leafA];
      const low = Math.min(leafA, leafB);
      const high = Math.max(leafA, leafB);
      const exponent = 31 - Math.clz32(high - low);
      const level = levels[exponent];
      const left = level[low];
      const right = level[high - (1 << exponent)];
      return Math.min(left, right);
    },
  };
}

const cellAncestors = new WeakMap<Tree, WeakMap<CellIndex, Int32Array>>();

/** The smallest group that holds both the true and the predicted class of every cell; made once per tree and cells. */
export function cellAncestor(tree: Tree, cells: CellIndex): Int32Array {
  let byCells = cellAncestors.get(tree);
  if (byCells === undefined) {
    byCells = new WeakMap();
    cellAncestors.set(tree, byCells);
  }
  let node = byCells.get(cells);
  if (node === undefined) {
    node = findAncestors(tree, cells);
    byCells.set(cells, node);
  }
  return node;
}

function findAncestors(tree: Tree, cells: CellIndex): Int32Array {
  const nCells = cells.true.length;
  const unsorted = unsortedOf.get(tree);
  if (unsorted !== undefined) {
    const inTree = unsorted.wireNode.map((wire) => tree.nodeOfWire[wire]);
    const before = cellAncestor(unsorted, cells);
    const node = new Int32Array(nCells);
    for (let j = 0; j < nCells; j++) node[j] = inTree[before[j]];
    return node;
  }
  const index = ancestors(tree);
  const { leafOfClass } = tree;
  const node = new Int32Array(nCells);
  for (let j = 0; j < nCells; j++) node[j] = index.of(leafOfClass[cells.true[j]], leafOfClass[cells.pred[j]]);
  return node;
}
