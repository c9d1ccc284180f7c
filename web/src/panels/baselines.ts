import { resultTitle, seriesHeads, seriesOf, seriesTitle } from "../results";
import type { Manifest, ResultInfo } from "../source/source";

/** Result sets to choose a baseline from; `title` is null for those that stand alone. */
export interface BaselineGroup {
  readonly title: string | null;
  readonly options: readonly { readonly name: string; readonly text: string }[];
}

/** Every result set but the one shown: the epochs of its own series first, then other models. */
export function baselineGroups(manifest: Manifest, shown: ResultInfo): readonly BaselineGroup[] {
  const own = seriesOf(manifest, shown);
  const names = new Set(own.map(({ name }) => name));
  const others = seriesHeads(manifest).filter(({ name }) => !names.has(name));
  const groups = [own, ...others.map((head) => seriesOf(manifest, head))].map((series) => {
    const title = series.length === 1 ? null : seriesTitle(series[0] as ResultInfo);
    const options = series
      .filter(({ name }) => name !== shown.name)
      .map((one) => ({ name: one.name, text: baselineTitle(manifest, shown, one) }));
    return { title, options };
  });
  return groups.filter(({ options }) => options.length > 0);
}

/** What a baseline is called beside the result set shown: its epoch where only that is another one. */
export function baselineTitle(manifest: Manifest, shown: ResultInfo, baseline: ResultInfo): string {
  const isSeries = seriesOf(manifest, shown).some(({ name }) => name === baseline.name);
  return isSeries && baseline.coordinates.epoch !== null ? epochText(baseline) : resultTitle(baseline);
}

function epochText({ coordinates }: ResultInfo): string {
  return `epoch ${coordinates.epoch}`;
}

/** Text below the ends and the middle of the scale of changes; a sign says that some nodes lie beyond. */
export function changeTicks(
  values: ArrayLike<number>,
  [low, high]: readonly [number, number],
): readonly [string, string, string] {
  const all = Array.from(values);
  const end = Math.round(100 * high);
  const below = all.some((value) => value < low) ? "≤ " : "";
  const above = all.some((value) => value > high) ? "≥ " : "";
  return [`${below}−${end}`, "0", `${above}+${end}`];
}
