/** Remember the last result of `compute` for as long as every argument stays the same object or value. */
export function memo<A extends readonly unknown[], R>(compute: (...args: A) => R): (...args: A) => R {
  let last: { readonly args: A; readonly result: R } | null = null;
  return (...args) => {
    const before = last;
    if (before && args.every((arg, at) => Object.is(arg, before.args[at]))) return before.result;
    const result = compute(...args);
    last = { args, result };
    return result;
  };
}

/** Give back the last value that was not null: what to show until the new one arrives. */
export function hold<T>(): (value: T | null) => T | null {
  let last: T | null = null;
  return (value) => {
    if (value !== null) last = value;
    return last;
  };
}

/** Give back the last value that was not null and belongs to the same key. */
export function holdFor<K, T>(): (key: K, value: T | null) => T | null {
  let last: { readonly key: K; readonly value: T } | null = null;
  return (key, value) => {
    if (value !== null) last = { key, value };
    else if (last && !Object.is(last.key, key)) last = null;
    return last?.value ?? null;
  };
}
