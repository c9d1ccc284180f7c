import { outliersMessage, treeAsks } from "./asks";
import { classesOfNodes, orderColumns, pageSize } from "./columns";
import type { Known } from "./data";
import { type Ground, refineMessage } from "./ground";
import { chosenHierarchy, chosenLayer, chosenProbe, chosenResult } from "./results";
import type { Manifest, Message } from "./source/source";
import type { AppState } from "./state/state";

/** What the page needs next for this state, most urgent first. Grows as answers arrive. */
export function wanted(
  state: AppState,
  manifest: Manifest | null,
  known: Known,
  ground: Ground | null,
): readonly Message[] {
  if (!manifest) return [];
  const messages: Message[] = [{ view: "classes" }];
  const hierarchyName = chosenHierarchy(manifest, state);
  if (hierarchyName) messages.push({ view: "hierarchy", hierarchy: hierarchyName });
  const info = chosenResult(manifest, state);
  if (!info) return messages;

  const result = info.name;
  messages.push({ view: "cells", result });
  if (!known.find({ view: "cells", result })) return messages;
  messages.push({ view: "rows", result });
  if (ground) messages.push(...wantedOfTree(state, manifest, known, ground));

  const { selection, filter, icicle, responses, tab } = state;
  const layers = new Map(info.layers.map((layer) => [layer.name, layer]));
  const has = (one: { layer: string; neuron: number }) =>
    one.neuron < (layers.get(one.layer)?.n_neurons ?? 0);

  const probe = icicle.colour === "probe" ? chosenProbe(manifest, state, ground?.info ?? info) : null;
  if (probe) messages.push({ view: "cells", result: probe.name });
  if (filter.activation && has(filter.activation)) {
    const { layer, neuron } = filter.activation;
    messages.push({ view: "activations", result, layer, neuron });
  }
  if (selection.kind === "top" && has(selection)) {
    messages.push({ view: "top_samples", result, layer: selection.layer, neuron: selection.neuron });
  }
  const layer = chosenLayer(info, state);
  if (!layer) return messages;
  if (responses.neuron !== null && responses.neuron < layer.n_neurons) {
    if (icicle.colour === "neuron") {
      messages.push({ view: "neuron", result, layer: layer.name, neuron: responses.neuron });
    }
    if (!filter.activation && (tab === "responses" || icicle.colour === "neuron")) {
      messages.push({ view: "activations", result, layer: layer.name, neuron: responses.neuron });
    }
  }
  if (tab !== "responses" || !ground) return messages;
  const classes = classesOfNodes(ground.tree, responses.nodes);
  const ask = { view: "relevance", result, layer: layer.name, classes } as const;
  messages.push(ask);
  const relevance = known.find(ask);
  if (!relevance) return messages;
  const order = orderColumns(relevance, responses.order, classes.length > 0);
  messages.push({
    view: "profile",
    result,
    layer: layer.name,
    neurons: pageOf(order.neurons, responses.page, pageSize(layer)),
  });
  return messages;
}

function wantedOfTree(state: AppState, manifest: Manifest, known: Known, ground: Ground): readonly Message[] {
  const { partition, ...others } = treeAsks(state, ground, manifest);
  const messages: Message[] = Object.values(others).filter((ask) => ask !== null);
  if (partition) {
    messages.push(partition);
    const found = known.find(partition);
    if (found) messages.push(outliersMessage(state, ground, found));
  }
  const refine =
    state.proposal && refineMessage(state.proposal, ground.info, ground.drafted, ground.draftedRef);
  if (refine) messages.push(refine);
  return messages;
}

/** Neurons of the page that begins at column `first`, kept inside the layer. */
export function pageOf(neurons: Int32Array, first: number, size: number): readonly number[] {
  const start = Math.max(0, Math.min(first, neurons.length - 1));
  return [...neurons.subarray(start, start + size)];
}
