import { createSubscriber } from "svelte/reactivity";
import type { Cell } from "../state/cell";

/** Read a cell in a component: whatever reads `current` follows the cell. */
export function watched<T>(cell: Pick<Cell<T>, "get" | "watch">): { readonly current: T } {
  const subscribe = createSubscriber((update) => cell.watch(update));
  return {
    get current() {
      subscribe();
      return cell.get();
    },
  };
}
