/**
 * A value computed from what `read` gives, null for nothing: at once, or where that takes long in a task of its own, so
 * that several of them never hold up the page together. Meanwhile the last value shows.
 */
export function inTurn<const Inputs extends readonly unknown[], Value>(
  isLong: () => boolean,
  read: () => Inputs | null,
  compute: (...inputs: Inputs) => Value,
  nothing: Value,
): { readonly current: Value } {
  let late = $state.raw(nothing);
  const short = $derived.by(() => {
    const inputs = isLong() ? null : read();
    return inputs ? compute(...inputs) : nothing;
  });
  $effect(() => {
    const inputs = isLong() ? read() : null;
    if (!inputs) return;
    const timer = setTimeout(() => {
      late = compute(...inputs);
    });
    return () => clearTimeout(timer);
  });
  return {
    get current() {
      if (!isLong()) return short;
      return read() ? late : nothing;
    },
  };
}
