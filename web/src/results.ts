import type { LayerInfo, Manifest, ResultInfo } from "./source/source";
import type { AppState } from "./state/state";

/** The result set the state names, or the one to open with; null when the study has none. */
export function chosenResult(manifest: Manifest | null, state: AppState): ResultInfo | null {
  if (!manifest) return null;
  return manifest.results.find((result) => result.name === state.result) ?? firstResult(manifest);
}

/** What to open with: the last epoch of the first model's own output on untouched images. */
export function firstResult(manifest: Manifest): ResultInfo | null {
  const plain = manifest.results.filter(
    ({ coordinates }) => !coordinates.layer && isNone(coordinates.transform),
  );
  const first = plain[0] ?? manifest.results[0];
  return first ? (seriesOf(manifest, first).at(-1) ?? first) : null;
}

/** Result sets that differ from `result` in their epoch only, by epoch; just itself when it has none. */
export function seriesOf(manifest: Manifest, result: ResultInfo): readonly ResultInfo[] {
  const same = manifest.results.filter(
    (other) => other.coordinates.epoch !== null && seriesKey(other) === seriesKey(result),
  );
  if (result.coordinates.epoch === null || same.length === 0) return [result];
  return [...same].sort((a, b) => (a.coordinates.epoch as number) - (b.coordinates.epoch as number));
}

/** What the result set shown is compared with: the one chosen, else the epoch before, else another model's last. */
export function chosenBaseline(
  manifest: Manifest,
  { baseline }: Pick<AppState, "baseline">,
  shown: ResultInfo,
): ResultInfo | null {
  const chosen = manifest.results.find((result) => result.name === baseline);
  if (chosen) return chosen;
  const series = seriesOf(manifest, shown);
  const at = series.findIndex((epoch) => epoch.name === shown.name);
  const names = new Set(series.map((epoch) => epoch.name));
  const other = seriesHeads(manifest).find((head) => !names.has(head.name));
  return series[at - 1] ?? other ?? series[at + 1] ?? null;
}

/** One result set per series: what the menu lists. */
export function seriesHeads(manifest: Manifest): readonly ResultInfo[] {
  const heads = new Map<string, ResultInfo>();
  for (const result of manifest.results) {
    const key = result.coordinates.epoch === null ? `name:${result.name}` : seriesKey(result);
    if (!heads.has(key)) heads.set(key, seriesOf(manifest, result).at(-1) ?? result);
  }
  return [...heads.values()];
}

/** Name of a result set for people: "cnn epoch 8", or its own name when it has no coordinates. */
export function resultTitle(result: ResultInfo): string {
  const { model, epoch } = result.coordinates;
  if (!model) return result.name;
  return epoch === null ? seriesTitle(result) : `${seriesTitle(result)} epoch ${epoch}`;
}

/** Name of all epochs together: "cnn · layer conv3 · grayscale". */
export function seriesTitle(result: ResultInfo): string {
  const { model, layer, transform } = result.coordinates;
  if (!model) return result.name;
  const parts = [model];
  if (layer) parts.push(`layer ${layer}`);
  if (!isNone(transform)) parts.push(transform as string);
  return parts.join(" · ");
}

/** The layer the state names, or the last one, which separates most. */
export function chosenLayer(result: ResultInfo | null, state: AppState): LayerInfo | null {
  if (!result) return null;
  return result.layers.find((layer) => layer.name === state.responses.layer) ?? result.layers.at(-1) ?? null;
}

/** The hierarchy the state names, or the study's default. */
export function chosenHierarchy(manifest: Manifest | null, state: AppState): string | null {
  if (!manifest) return null;
  const names = manifest.hierarchies.map((hierarchy) => hierarchy.name);
  if (state.hierarchy !== null && names.includes(state.hierarchy)) return state.hierarchy;
  return manifest.default_hierarchy ?? names[0] ?? null;
}

function seriesKey({ coordinates }: ResultInfo): string {
  const { model, layer, transform, split } = coordinates;
  return JSON.stringify([model, layer || null, isNone(transform) ? null : transform, split]);
}

function isNone(transform: string | null): boolean {
  return transform === null || transform === "" || transform === "none";
}
