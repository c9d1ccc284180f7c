import { css, theme } from "../../src/draw/palette";
import { neuronsPerPage } from "../../src/layout/responses";
import type { Action } from "../../src/state/actions";
import { mountIcicle } from "../../src/views/icicle";
import { mountMatrix } from "../../src/views/matrix";
import { mountResponses } from "../../src/views/responses";
import { stage } from "./stage";
import { syntheticResponses, syntheticStudy } from "./synthetic";

/**
 * The gallery shows views on synthetic data. Parameters of the address: `classes`, `samples`, `dark`, `tab`, `side`,
 * and `actions`, a JSON list of state actions.
 */
declare global {
  interface Window {
    gallery: ReturnType<typeof stage>;
  }
}

const parameters = new URLSearchParams(location.search);
const nClasses = Number(parameters.get("classes") ?? 200);
const nSamples = Number(parameters.get("samples") ?? nClasses * 100);
const dark = parameters.has("dark");
const tab = parameters.get("tab") ?? "matrix";
const side = Number(parameters.get("side") ?? 4);

const main = document.createElement("main");
const left = document.createElement("div");
const middle = document.createElement("div");
const right = document.createElement("div");
main.append(left, middle, right);
document.body.append(main);
document.body.style.background = css(theme(dark).background);

const study = syntheticStudy(nClasses, nSamples);
const columns = neuronsPerPage(middle.clientWidth, side);
const shown = stage(study, {
  dark,
  responses: tab === "responses" ? syntheticResponses(study.tree, columns, side) : null,
});
shown.add(mountIcicle(left, shown.context));
shown.add((tab === "responses" ? mountResponses : mountMatrix)(middle, shown.context));
for (const action of JSON.parse(parameters.get("actions") ?? "[]") as Action[])
  shown.context.dispatch(action);
window.gallery = shown;
