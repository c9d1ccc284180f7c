/** Count values in `bins` equal bins of [low, high]; the last bin is closed, NaN and values outside are left out. */
export function histogram(values: Float32Array, bins: number, low = 0, high = 1): Float64Array {
  const counts = new Float64Array(bins);
  const scale = bins / (high - low);
  for (let i = 0; i < values.length; i++) {
    const value = values[i];
    if (value >= low && value <= high) counts[Math.min(bins - 1, Math.floor((value - low) * scale))]++;
  }
  return counts;
}

/** Count samples by rank of the true class, 0 … `ranks` − 1; the last entry holds that rank and beyond, −1 is left out. */
export function rankHistogram(trueRank: Int16Array | Int32Array, ranks: number): Float64Array {
  const counts = new Float64Array(ranks);
  for (let i = 0; i < trueRank.length; i++) {
    if (trueRank[i] >= 0) counts[Math.min(ranks - 1, trueRank[i])]++;
  }
  return counts;
}

/** Count non-empty cells by value, 1 … `values`; the last entry holds that value and beyond. */
export function cellHistogram(count: Int32Array, values: number): Float64Array {
  const counts = new Float64Array(values);
  for (let j = 0; j < count.length; j++) {
    if (count[j] > 0) counts[Math.min(values, count[j]) - 1]++;
  }
  return counts;
}
