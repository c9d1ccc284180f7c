const STEPS = [0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1] as const;
const SHARE = 0.95;

/** Differences as the icicle reads them. */
export function changeValues(float32: Float32Array): Float64Array {
  return Float64Array.from(float32);
}

/** A scale with no change in its middle that holds 95 % of the nodes, whose end is a round number of points. */
export function changeRange(values: Float64Array): readonly [number, number] {
  const sizes = values.filter((value) => !Number.isNaN(value)).map(Math.abs);
  sizes.sort();
  const size = sizes[Math.ceil(SHARE * sizes.length) - 1] ?? 0;
  const end = STEPS.find((step) => step >= size) ?? 1;
  return [-end, end];
}
