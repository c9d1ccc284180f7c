import type { Classes, Tree } from "../../core/data";
import { nodeName } from "../../label";
import type { Repairs } from "../../source/answers";
import type { Edit } from "../../state/state";
import { clip } from "./log";

/** A suggested move: `node` joins `beside` under a new group in its place. */
export interface Repair {
  /** Wire numbers. */
  readonly node: number;
  readonly beside: number;
  readonly name: string;
  readonly besideName: string;
  /** Of the normalised Dasgupta cost; negative is better. */
  readonly change: number;
  /** Errors between the two. */
  readonly mass: number;
}

/** The suggestions about a tree, best first. */
export function repairList(tree: Tree, classes: Classes, repairs: Repairs): readonly Repair[] {
  return Array.from(repairs.node, (row, at) => ({
    node: tree.wireNode[row],
    beside: tree.wireNode[repairs.beside[at]],
    name: nodeName(tree, classes, row),
    besideName: nodeName(tree, classes, repairs.beside[at]),
    change: repairs.change[at],
    mass: repairs.mass[at],
  }));
}

/** The edit that does it. */
export function repairEdit({ node, beside, name, besideName }: Repair): Edit {
  const first = (whole: string) => clip(whole.split(/,\s/, 1)[0] ?? whole);
  return { kind: "group", nodes: [beside, node], name: `${first(besideName)} + ${first(name)}` };
}

/** A change of a normalised cost with its sign: "−0.80 %". */
export function changeText(change: number): string {
  if (!Number.isFinite(change)) return "–";
  const size = Math.abs(100 * change);
  const digits = size >= 0.1 || size === 0 ? size.toFixed(2) : size.toPrecision(1);
  return `${change < 0 ? "−" : change > 0 ? "+" : ""}${digits} %`;
}
