import { classesBelow } from "../../core/branches";
import type { Page } from "../../derive";
import { nodeName } from "../../label";
import type { PlanFile } from "../../source/source";

/** The branches as `classblocks train` reads them; null without branches. */
export function planFile(page: Page): PlanFile | null {
  const { branching, model, manifest, hierarchy } = page;
  const { tree, classes, state } = model;
  const { plan, probes, isSuggested } = branching;
  if (!plan || plan.length === 0) return null;
  const { tau, most } = state.branches;
  return {
    format: "classblocks-branches",
    version: 1,
    classes: classes.name,
    branches: plan.map(({ layer, cut, weight }) => ({
      layer,
      weight,
      groups: cut.map((node) => classesBelow(tree, node)),
      names: cut.map((node) => nodeName(tree, classes, node)),
    })),
    how: {
      study: manifest.study.name,
      result: probes.own?.name ?? null,
      probes: probes.layers.map(({ name }) => name),
      hierarchy,
      hierarchy_edited: page.ground.tree.nNodes !== page.ground.saved.nNodes || state.draft !== null,
      source: isSuggested ? "probes" : "hand",
      ...(isSuggested && { tau, most }),
    },
  };
}

/** A name for the file, of the network the branches are for. */
export function suggestedPlanName({ branching, shown }: Page): string {
  const { model, epoch } = shown.coordinates;
  const base = model ?? branching.probes.own?.name ?? "network";
  return `${epoch === null ? base : `${base}-${epoch}`}-branches`;
}
