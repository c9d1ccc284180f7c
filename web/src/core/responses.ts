import type { Tree } from "./data";

/** Mean response by node from class means and sample counts (METHODS §9.6); NaN where a node has no sample. */
export function nodeMeans(tree: Tree, classMean: Float32Array, classCount: Int32Array): Float64Array {
  const sum = new Float64Array(tree.nNodes);
  const count = new Float64Array(tree.nNodes);
  for (let node = tree.nNodes - 1; node >= 0; node--) {
    const classId = tree.classId[node];
    if (classId >= 0 && classCount[classId] > 0) {
      sum[node] = classMean[classId] * classCount[classId];
      count[node] = classCount[classId];
    }
    if (node > 0) {
      sum[tree.parent[node]] += sum[node];
      count[tree.parent[node]] += count[node];
    }
  }
  return sum.map((total, node) => total / count[node]);
}

/** Quantile of the values that are not NaN, by linear interpolation (type 7); NaN when there are none. */
export function quantile(values: Float32Array, q: number): number {
  const defined = values.filter((value) => !Number.isNaN(value)).sort();
  if (defined.length === 0) return Number.NaN;
  const position = q * (defined.length - 1);
  const low = Math.floor(position);
  const high = Math.ceil(position);
  return defined[low] + (defined[high] - defined[low]) * (position - low);
}

/** Smallest and largest value that is not NaN; [0, 0] when there are none. */
export function extent(values: Float32Array | Float64Array): readonly [number, number] {
  let low = Number.POSITIVE_INFINITY;
  let high = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < values.length; i++) {
    if (values[i] < low) low = values[i];
    if (values[i] > high) high = values[i];
  }
  return low <= high ? [low, high] : [0, 0];
}

/**
 * Neurons by falling score; NaN last, ties by falling `tieBreak`, then by number. Infinite relevance (a neuron
 * silent outside the group) is ordered by its response inside, which is what `tieBreak` is for.
 */
export function orderNeurons(score: Float32Array, tieBreak: Float32Array = score): Int32Array {
  const falling = (a: number, b: number) => {
    if (Number.isNaN(a) || Number.isNaN(b)) return Number(Number.isNaN(a)) - Number(Number.isNaN(b));
    return a === b ? 0 : b > a ? 1 : -1;
  };
  return Int32Array.from(score, (_, neuron) => neuron).sort(
    (a, b) => falling(score[a], score[b]) || falling(tieBreak[a], tieBreak[b]) || a - b,
  );
}
