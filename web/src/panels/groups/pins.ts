import type { Model } from "../../model";
import type { Action } from "../../state/actions";

/** So many groups fit side by side. */
export const MOST_PINS = 4;

/** Whether a node of the tree shown is pinned. */
export function isPinned({ tree, state }: Model, node: number): boolean {
  return state.pins.includes(tree.wireNode[node] as number);
}

/** Whether one more group can be pinned. */
export function canPin({ state }: Model): boolean {
  return state.pins.length < MOST_PINS;
}

/** Pin a group, or take its pin away; nothing where the pins are all in use. */
export function togglePin(model: Model, node: number, dispatch: (action: Action) => void): void {
  const wire = model.tree.wireNode[node] as number;
  const { pins } = model.state;
  if (isPinned(model, node)) dispatch({ type: "pins", nodes: pins.filter((pin) => pin !== wire) });
  else if (canPin(model)) dispatch({ type: "pins", nodes: [...pins, wire] });
}
