/** A value that can be watched. */
export interface Cell<T> {
  get(): T;
  set(value: T): void;
  /** Calls `listener` on every change; returns what stops it. */
  watch(listener: (value: T) => void): () => void;
}

/** Make a cell; setting an identical value tells nobody. */
export function cell<T>(value: T): Cell<T> {
  const listeners = new Set<(value: T) => void>();
  return {
    get: () => value,
    set(next) {
      if (Object.is(next, value)) return;
      value = next;
      for (const listener of [...listeners]) listener(next);
    },
    watch(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}
