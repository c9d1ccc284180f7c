import { indexCells } from "../../src/core/cells";
import type { CellIndex, Classes, ResponseBlock, Rows, Tree } from "../../src/core/data";
import { buildTree } from "../../src/core/hierarchy";

export interface SyntheticStudy {
  readonly classes: Classes;
  readonly tree: Tree;
  readonly cells: CellIndex;
  readonly rows: Rows;
}

/** A repeatable generator of numbers in [0, 1) (mulberry32). */
export function randomNumbers(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

const syllables = ["ba", "lo", "ri", "ten", "mu", "sa", "kel", "ono", "vi", "dra", "pe", "ust"];

/** A study whose errors mostly stay inside the groups of a random tree; 2 % of the classes have no sample. */
export function syntheticStudy(nClasses: number, nSamples: number, seed = 1): SyntheticStudy {
  const random = randomNumbers(seed);
  const word = (parts: number) =>
    Array.from({ length: parts }, () => syllables[Math.floor(random() * syllables.length)]).join("");
  const parent: number[] = [];
  const start: number[] = [];
  const stop: number[] = [];
  const depth: number[] = [];
  const classId: number[] = [];
  const name: string[] = [];
  const classOfLeaf = Array.from({ length: nClasses }, (_, leaf) => leaf);
  for (let leaf = nClasses - 1; leaf > 0; leaf--) {
    const other = Math.floor(random() * (leaf + 1));
    [classOfLeaf[leaf], classOfLeaf[other]] = [classOfLeaf[other], classOfLeaf[leaf]];
  }
  const grow = (above: number, low: number, high: number, level: number) => {
    const node = parent.length;
    parent.push(above);
    start.push(low);
    stop.push(high);
    depth.push(level);
    classId.push(high - low === 1 ? classOfLeaf[low] : -1);
    name.push(level === 0 ? "all classes" : word(high - low === 1 ? 2 + (low % 3) : 2));
    if (high - low === 1) return;
    const isFan = level > 0 && high - low <= 12;
    const parts = isFan ? high - low : Math.min(high - low, 2 + Math.floor(random() * (level === 0 ? 3 : 4)));
    let from = low;
    for (let part = 0; part < parts; part++) {
      const left = high - from - (parts - part - 1);
      const to =
        part === parts - 1
          ? high
          : from + Math.max(1, Math.floor((left * (0.6 + random())) / (parts - part)));
      grow(node, from, Math.min(to, high - (parts - part - 1)), level + 1);
      from = Math.min(to, high - (parts - part - 1));
    }
  };
  grow(-1, 0, nClasses, 0);
  const tree = buildTree({
    parent: Int32Array.from(parent),
    start: Int32Array.from(start),
    stop: Int32Array.from(stop),
    depth: Int32Array.from(depth),
    class: Int32Array.from(classId),
    name,
    aliases: name.map(() => ""),
  });

  const skill = Float64Array.from({ length: nClasses }, () => 0.35 + 0.6 * random());
  const isAbsent = Uint8Array.from({ length: nClasses }, (_, c) => Number(nClasses >= 50 && c % 50 === 7));
  const present = Array.from({ length: nClasses }, (_, c) => c).filter((c) => isAbsent[c] === 0);
  const key = new Float64Array(nSamples);
  for (let i = 0; i < nSamples; i++) {
    const trueClass = present[Math.floor(random() * present.length)];
    let predClass = trueClass;
    if (random() > skill[trueClass]) {
      const leaf = tree.leafOfClass[trueClass];
      let node = tree.parent[tree.nodeOfLeaf[leaf]];
      while (node > 0 && random() < 0.34) node = tree.parent[node];
      const spread = tree.stop[node] - tree.start[node];
      predClass = classOfLeaf[tree.start[node] + Math.floor(spread * random() ** 1.6)];
    }
    key[i] = trueClass * nClasses + predClass;
  }
  key.sort();
  const trueClass: number[] = [];
  const predClass: number[] = [];
  const count: number[] = [];
  const pTrue = new Float32Array(nSamples);
  const pPred = new Float32Array(nSamples);
  const trueRank = new Int16Array(nSamples);
  for (let i = 0; i < nSamples; i++) {
    const t = Math.floor(key[i] / nClasses);
    const p = key[i] % nClasses;
    if (i > 0 && key[i] === key[i - 1]) count[count.length - 1]++;
    else {
      trueClass.push(t);
      predClass.push(p);
      count.push(1);
    }
    pPred[i] = t === p ? 1 - 0.7 * random() ** 2 : 0.2 + 0.7 * random();
    pTrue[i] = t === p ? pPred[i] : (1 - pPred[i]) * random();
    trueRank[i] = t === p ? 0 : 1 + Math.floor(9 * random() ** 2);
  }
  const cells = indexCells(
    Uint16Array.from(trueClass),
    Uint16Array.from(predClass),
    Int32Array.from(count),
    nClasses,
    nSamples,
  );
  const classNames = Array.from(
    { length: nClasses },
    (_, c) => tree.name[tree.nodeOfLeaf[tree.leafOfClass[c]]],
  );
  return {
    classes: { name: classNames, short: classNames, key: classNames.map((_, c) => `c${c}`) },
    tree,
    cells,
    rows: { sample: Int32Array.from({ length: nSamples }, (_, i) => i), pTrue, pPred, trueRank },
  };
}

/** A page of responses in which every neuron prefers one group. */
export function syntheticResponses(tree: Tree, columns: number, side: number, seed = 2): ResponseBlock {
  const random = randomNumbers(seed);
  const nClasses = tree.classOfLeaf.length;
  const nPositions = side * side;
  const value = new Float32Array(nClasses * columns * nPositions);
  const score = new Float32Array(512);
  for (let neuron = 0; neuron < 512; neuron++)
    score[neuron] = neuron < columns ? 6 / (1 + neuron / 6) : random();
  for (let column = 0; column < columns; column++) {
    const node = 1 + Math.floor(random() * (tree.nNodes - 1) * random());
    const shape = Float64Array.from({ length: nPositions }, () => 0.4 + random());
    for (let c = 0; c < nClasses; c++) {
      const leaf = tree.leafOfClass[c];
      const isInside = leaf >= tree.start[node] && leaf < tree.stop[node];
      const level = (isInside ? 1.1 : 0.22) * (0.6 + 0.8 * random());
      for (let s = 0; s < nPositions; s++) {
        const isAbsent = nClasses >= 50 && c % 50 === 7;
        value[(c * columns + column) * nPositions + s] = isAbsent ? Number.NaN : level * shape[s];
      }
    }
  }
  return {
    layer: "conv4",
    side,
    nNeurons: 512,
    neurons: Int32Array.from({ length: columns }, (_, column) => column),
    value,
    score,
    scoreName: "relevance",
    threshold: 1,
    maximum: 2,
  };
}
