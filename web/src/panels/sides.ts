import type { Side } from "../state/state";

/** The panels at the right, in the order of their tabs, with the key that opens each. */
export const sides: readonly { readonly side: Side; readonly name: string; readonly key: string }[] = [
  { side: "samples", name: "Samples", key: "s" },
  { side: "blocks", name: "Blocks", key: "b" },
  { side: "hierarchy", name: "Hierarchy", key: "t" },
  { side: "groups", name: "Groups", key: "g" },
  { side: "branches", name: "Branches", key: "r" },
  { side: "findings", name: "Views", key: "v" },
];
