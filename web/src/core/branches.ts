import type { Tree } from "./data";
import { childLists } from "./hierarchy";

/** Nodes that divide the classes into groups: rows of the tree in leaf order, at least two where there are two classes. */
export type Cut = readonly number[];

/** A changed cut, or why it cannot be changed so. */
export type Recut = { readonly cut: Cut; readonly changed: readonly number[] } | { readonly reason: string };

/** The nodes at a depth and the leaves above it. */
export function levelCut(tree: Tree, depth: number): Cut {
  const cut: number[] = [];
  for (let node = 0; node < tree.nNodes; node++) {
    if (tree.depth[node] === depth || (tree.classId[node] >= 0 && tree.depth[node] < depth)) cut.push(node);
  }
  return cut;
}

/**
 * The cut that nodes of an earlier tree, by wire number, make in this one. A node that is gone leaves its classes to the
 * largest groups without one of the nodes; of two nodes below each other the upper one counts.
 */
export function fitCut(tree: Tree, wireNodes: readonly number[]): Cut {
  const { first, child } = childLists(tree);
  const isIn = new Uint8Array(tree.nNodes);
  const isAbove = new Uint8Array(tree.nNodes);
  for (const wire of wireNodes) {
    const node = tree.nodeOfWire[wire] ?? -1;
    if (node <= 0) continue;
    isIn[node] = 1;
    for (let up = tree.parent[node]; up >= 0 && !isAbove[up]; up = tree.parent[up]) isAbove[up] = 1;
  }
  isAbove[0] = 1;
  const cut: number[] = [];
  const stack = [0];
  while (stack.length > 0) {
    const node = stack.pop() as number;
    const isGroup = node > 0 && (isIn[node] || !isAbove[node] || tree.classId[node] >= 0);
    if (isGroup || tree.nNodes === 1) cut.push(node);
    else for (let i = first[node + 1] - 1; i >= first[node]; i--) stack.push(child[i]);
  }
  return cut;
}

/** Make a group of the cut its children; a node below a group becomes a group itself, with all beside its path. */
export function splitCut(tree: Tree, cut: Cut, node: number): Recut {
  const group = groupAbove(tree, cut, node);
  if (group < 0) return { reason: "This is coarser than the groups: merge to make it one." };
  if (tree.classId[group] >= 0) return { reason: "A class cannot be split." };
  const { first, child } = childLists(tree);
  const added: number[] = [];
  const stack = [group];
  while (stack.length > 0) {
    const at = stack.pop() as number;
    const isPath = at === group || (at !== node && isBelow(tree, node, at));
    if (!isPath) added.push(at);
    else for (let i = first[at + 1] - 1; i >= first[at]; i--) stack.push(child[i]);
  }
  return { cut: cut.flatMap((one) => (one === group ? added : [one])), changed: added };
}

/** Put a group of the cut and all that share its parent into one; a node above groups becomes one itself. */
export function mergeCut(tree: Tree, cut: Cut, node: number): Recut {
  const group = groupAbove(tree, cut, node);
  if (group >= 0 && group !== node) return { reason: "This is finer than the groups: split to make it one." };
  const into = group < 0 ? node : tree.parent[group];
  if (into <= 0) return { reason: "A branch needs at least two groups." };
  const merged = cut.flatMap((one) => {
    if (!isBelow(tree, one, into)) return [one];
    return tree.start[one] === tree.start[into] ? [into] : [];
  });
  return { cut: merged, changed: [into] };
}

/** The group of a cut that holds a node; −1 for a node above the groups. */
export function groupAbove(tree: Tree, cut: Cut, node: number): number {
  let low = 0;
  let high = cut.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >>> 1;
    if (tree.start[cut[middle]] <= tree.start[node]) low = middle;
    else high = middle - 1;
  }
  const group = cut[low];
  return group !== undefined && isBelow(tree, node, group) ? group : -1;
}

/** Class ids of a node, ascending. */
export function classesBelow({ classOfLeaf, start, stop }: Tree, node: number): readonly number[] {
  return [...classOfLeaf.subarray(start[node], stop[node]).slice().sort()];
}

/** Whether a node is another one or lies below it. */
function isBelow({ start, stop, depth }: Tree, node: number, above: number): boolean {
  return start[above] <= start[node] && stop[node] <= stop[above] && depth[above] <= depth[node];
}
