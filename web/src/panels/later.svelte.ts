import { untrack } from "svelte";

/**
 * Follow a value one painted frame behind: what depends on it is computed when the views have drawn, and only for the
 * newest value. The first value that is not null shows at once.
 */
export function afterFrame<T>(read: () => T | null): { readonly current: T | null } {
  let shown = $state.raw<T | null>(null);
  $effect(() => {
    const next = read();
    if (
      Object.is(
        next,
        untrack(() => shown),
      )
    )
      return;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const frame = requestAnimationFrame(() => {
      timer = setTimeout(() => {
        shown = next;
      });
    });
    return () => {
      cancelAnimationFrame(frame);
      clearTimeout(timer);
    };
  });
  return {
    get current() {
      return shown ?? read();
    },
  };
}
