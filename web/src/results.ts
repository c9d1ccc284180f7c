import type { LayerInfo, Manifest, ResultInfo } from "./source/source";
import type { Action } from "./state/actions";
import type { AppState, Axis } from "./state/state";

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

/** What the result set shown is compared with: the one chosen, else the network of a probe, the epoch before, another model's last. */
export function chosenBaseline(
  manifest: Manifest,
  { baseline }: Pick<AppState, "baseline">,
  shown: ResultInfo,
): ResultInfo | null {
  const chosen = manifest.results.find((result) => result.name === baseline);
  if (chosen) return chosen;
  const { own } = probesOf(manifest, shown);
  if (own && own.name !== shown.name) return own;
  const series = seriesOf(manifest, shown);
  const at = series.findIndex((epoch) => epoch.name === shown.name);
  const names = new Set(series.map((epoch) => epoch.name));
  const others = seriesHeads(manifest).filter((head) => !names.has(head.name));
  const other = others.find((head) => !head.coordinates.layer) ?? others[0];
  return series[at - 1] ?? other ?? series[at + 1] ?? null;
}

/** Classifiers on the layers of one network as it was at one epoch. */
export interface Probes {
  /** The network's own result set; null when the study has none. */
  readonly own: ResultInfo | null;
  /** From the input to the output; each layer once. */
  readonly layers: readonly ResultInfo[];
}

/** The probes of the network that a result set is of, or that it is a probe of: by coordinates or by their names. */
export function probesOf(manifest: Manifest, shown: ResultInfo): Probes {
  const own = shown.coordinates.layer ? networkOf(manifest, shown) : shown;
  const byLayer = new Map<string, ResultInfo>();
  for (const probe of manifest.results) {
    const { layer } = probe.coordinates;
    if (!layer) continue;
    const isNamed = own !== null && isProbeOf(probe, own.name);
    if (!isNamed && !isSameNetwork(probe, own ?? shown)) continue;
    if (probe.name === shown.name || isNamed || !byLayer.has(layer)) byLayer.set(layer, probe);
  }
  const order = new Map((own ?? shown).layers.map(({ name }, at) => [name, at]));
  const place = ({ coordinates }: ResultInfo) => order.get(coordinates.layer as string) ?? order.size;
  const layers = [...byLayer.values()].sort((a, b) => place(a) - place(b));
  return { own, layers };
}

function networkOf({ results }: Manifest, probe: ResultInfo): ResultInfo | null {
  const networks = results.filter(({ coordinates }) => !coordinates.layer);
  const named = networks.find(({ name }) => isProbeOf(probe, name));
  return named ?? networks.find((network) => isSameNetwork(network, probe)) ?? null;
}

/** The probe that the tree is coloured by; null where there is none of that layer. */
export function chosenProbe(manifest: Manifest, { icicle }: AppState, shown: ResultInfo): ResultInfo | null {
  return (
    probesOf(manifest, shown).layers.find(({ coordinates }) => coordinates.layer === icicle.probe) ?? null
  );
}

/** What the slider moves along: the epochs of a network, or its layers with its own output as the last stop. */
export interface Line {
  readonly axis: Axis;
  readonly stops: readonly ResultInfo[];
  /** Axes along which there is another stop. */
  readonly axes: readonly Axis[];
}

/** The line through a result set along the axis chosen; else the layers for a probe and the epochs for a network. */
export function lineOf(manifest: Manifest, shown: ResultInfo, along: Axis | null): Line {
  const { own, layers } = probesOf(manifest, shown);
  const stopsOf: { readonly [A in Axis]: readonly ResultInfo[] } = {
    epoch: seriesOf(manifest, shown),
    layer: own ? [...layers, own] : layers,
  };
  const axes = (["epoch", "layer"] as const).filter((axis) => stopsOf[axis].length > 1);
  const wanted = along ?? (shown.coordinates.layer ? "layer" : "epoch");
  const axis = axes.includes(wanted) ? wanted : (axes[0] ?? "epoch");
  return { axis, stops: stopsOf[axis], axes };
}

/** Go to a stop; a slider that was moved along one axis keeps to it. */
export function stopAction(manifest: Manifest, axis: Axis, stop: ResultInfo): Action {
  const follow = seriesOf(manifest, stop).at(-1)?.name === stop.name;
  const isDefault = lineOf(manifest, stop, null).axis === axis;
  return { type: "result", name: stop.name, follow, along: isDefault ? null : axis };
}

/** What a stop of a line is called: "epoch 8", "layer conv3", "output". */
export function stopName({ coordinates }: ResultInfo, axis: Axis): string {
  if (axis === "epoch") return `epoch ${coordinates.epoch}`;
  return coordinates.layer ? `layer ${coordinates.layer}` : "output";
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

/** Whether the coordinates but the layer are the same; without a model they say nothing. */
function isSameNetwork(a: ResultInfo, b: ResultInfo): boolean {
  const { model, epoch, transform, split } = a.coordinates;
  const other = b.coordinates;
  const isSameTransform = transform === other.transform || (isNone(transform) && isNone(other.transform));
  return (
    model !== null &&
    model === other.model &&
    epoch === other.epoch &&
    split === other.split &&
    isSameTransform
  );
}

function isProbeOf({ name, coordinates }: ResultInfo, network: string): boolean {
  return name === `${network}-probe-${coordinates.layer}`;
}

function isNone(transform: string | null): boolean {
  return transform === null || transform === "" || transform === "none";
}
