import { cellAncestor } from "../../src/core/hierarchy";
import { groupMetrics } from "../../src/core/metrics";
import type { Action } from "../../src/state/actions";
import { mountIcicle } from "../../src/views/icicle";
import { mountMatrix } from "../../src/views/matrix";
import { type Stage, stage } from "./stage";
import { syntheticStudy } from "./synthetic";

/** Milliseconds of every repetition; `work` is computing and painting, `wall` ends when the frame has gone out. */
interface Times {
  readonly work: number[];
  readonly wall: number[];
}

declare global {
  interface Window {
    /** Measures everything on a study of the given size; called by benchmarks/browser_filter.py. */
    benchmark: (nClasses: number, nSamples: number, repetitions: number) => Promise<Record<string, unknown>>;
  }
}

window.benchmark = async (nClasses, nSamples, repetitions) => {
  const main = document.createElement("main");
  const left = document.createElement("div");
  const middle = document.createElement("div");
  main.append(left, middle);
  document.body.replaceChildren(main);
  const study = syntheticStudy(nClasses, nSamples);
  const shown = stage(study, { dark: false, responses: null });
  shown.add(mountIcicle(left, shown.context));
  shown.add(mountMatrix(middle, shown.context));
  await nextFrame();

  const threshold = (i: number): Action => ({ type: "filter", filter: { pPred: [0.2 + 0.004 * i, 1] } });
  const ranks = (i: number): Action => ({ type: "filter", filter: { pPred: [0, 1], topK: 1 + (i % 5) } });
  const all = (i: number): Action => ({
    type: "filter",
    filter: { topK: 1 + (i % 5), pPred: [0.1, 0.9], pTrue: [0, 0.8 - 0.004 * i] },
  });
  const filterOne = await timed(shown, repetitions, threshold);
  const filterRank = await timed(shown, repetitions, ranks);
  const filterAll = await timed(shown, repetitions, all);
  shown.context.dispatch({ type: "resetFilter" });

  const { tree } = shown.model();
  cellAncestor(tree, study.cells);
  const metrics = Array.from({ length: repetitions }, () => {
    const start = performance.now();
    groupMetrics(tree, study.cells, study.cells.count);
    return performance.now() - start;
  });

  const square = (low: number, span: number): Action => ({
    type: "viewport",
    viewport: { x0: low, y0: low, x1: low + span, y1: low + span },
  });
  const zoom = await timed(shown, repetitions * 2, (i) => square(nClasses * 0.1, nClasses * 0.9 * 0.96 ** i));
  const pan = await timed(shown, repetitions * 2, (i) =>
    square((nClasses * 0.3 * i) / repetitions / 2, nClasses * 0.6),
  );
  const intervals = await frameIntervals(shown, repetitions * 2, (i) =>
    square((nClasses * 0.3 * i) / repetitions / 2, nClasses * 0.6),
  );
  const size = [main.clientWidth, main.clientHeight, window.devicePixelRatio];
  shown.remove();
  return {
    size,
    nCells: study.cells.true.length,
    nNodes: tree.nNodes,
    filterOne,
    filterRank,
    filterAll,
    metrics,
    zoom,
    pan,
    intervals,
  };
};

async function timed(shown: Stage, repetitions: number, action: (i: number) => Action): Promise<Times> {
  const work: number[] = [];
  const wall: number[] = [];
  for (let i = 0; i < repetitions; i++) {
    let frameStart = 0;
    requestAnimationFrame(() => {
      frameStart = performance.now();
    });
    const start = performance.now();
    shown.context.dispatch(action(i));
    const computed = performance.now() - start;
    await nextFrame();
    work.push(computed + performance.now() - frameStart);
    await afterFrame();
    wall.push(performance.now() - start);
  }
  return { work, wall };
}

async function frameIntervals(
  shown: Stage,
  repetitions: number,
  action: (i: number) => Action,
): Promise<number[]> {
  const intervals: number[] = [];
  let last = await nextFrame();
  for (let i = 0; i < repetitions; i++) {
    shown.context.dispatch(action(i));
    const now = await nextFrame();
    intervals.push(now - last);
    last = now;
  }
  return intervals;
}

function nextFrame(): Promise<number> {
  return new Promise((resolve) => requestAnimationFrame(resolve));
}

// A message sent during a frame arrives when the frame has been handed to the compositor.
function afterFrame(): Promise<void> {
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      resolve();
    };
    port2.postMessage(null);
  });
}
