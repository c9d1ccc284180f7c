import { NEAR, recallOf } from "../../core/separability";
import type { Page } from "../../derive";
import { rate } from "../format";
import { interval } from "../interval";
import { openBranch } from "./acting";

type Row = [name: string, value: string, extra: string];

/** What probes tell of a group: the one that the tree is coloured by, the separating layer, the branch shown. */
export function probeRows(page: Page, node: number): readonly Row[] {
  const { model, probe, branching } = page;
  const { icicle, side } = model.state;
  const rows: Row[] = [];
  if (icicle.colour === "probe" && probe) {
    const { tp, fn, recall } = probe.metrics;
    const n = (tp[node] as number) + (fn[node] as number);
    rows.push([
      `recall at ${probe.info.coordinates.layer}`,
      rate(recall[node] as number),
      interval(tp[node] as number, n),
    ]);
  }
  const { found, separation } = branching;
  if (!found) return rows;
  if (side === "branches") {
    const layer = openBranch(page)?.layer;
    const row = layer === undefined ? -1 : found.layers.indexOf(layer);
    const isSaid = rows.some(([name]) => name === `recall at ${layer}`);
    if (row >= 0 && !isSaid) {
      const at = row * found.nNodes + node;
      rows.push([
        `recall at ${layer}`,
        rate(recallOf(found, row, node)),
        interval(found.tp[at] as number, found.support[at] as number),
      ]);
      const last = found.layers.length;
      rows.push(["at the output", rate(recallOf(found, last, node)), "on the samples of the probe"]);
    }
  }
  if (side === "branches" || icicle.colour === "separation") {
    const first = separation?.[node] ?? Number.NaN;
    const name = Number.isNaN(first) ? "–" : (found.layers[first] ?? "output");
    rows.push(["separates at", name, `recall ≥ ${100 * NEAR} % of the output's`]);
  }
  return rows;
}
