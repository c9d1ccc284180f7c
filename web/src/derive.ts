import { outliersMessage, treeAsks } from "./asks";
import { type Branching, createBranching } from "./branching";
import { classesOfNodes, orderColumns, pageSize, responseScale } from "./columns";
import type { Cut } from "./core/branches";
import { classTotals, diagonalCells, largestCell } from "./core/cells";
import { changeRange, changeValues } from "./core/change";
import type { CellIndex, Filtered, GroupMetrics, ResponseBlock, Rows, Tree } from "./core/data";
import { everything, filterRank, filterValues, keepRows, rowsBeyondRank, rowsInRange } from "./core/filter";
import { insideAccuracy } from "./core/inside";
import { groupMetrics } from "./core/metrics";
import { extent, nodeMeans } from "./core/responses";
import { makeScale, type Scale } from "./core/scale";
import { countSelection, type PartCounts, selectRows } from "./core/select";
import type { Separability } from "./core/separability";
import { type Mapped, mapCells } from "./core/values";
import type { Known } from "./data";
import type { Ground } from "./ground";
import { nodeLabels, selectionLabel } from "./label";
import { hold, holdFor, memo } from "./memo";
import type { Model } from "./model";
import {
  chosenBaseline,
  chosenLayer,
  chosenProbe,
  chosenResult,
  type Line,
  lineOf,
  seriesOf,
} from "./results";
import type {
  Change,
  Comparison,
  Course,
  Criteria,
  NeuronMeans,
  Outliers,
  PartitionAnswer,
  Repairs,
  Summary,
  TopSamples,
} from "./source/answers";
import type { LayerInfo, Manifest, Message, ResultInfo } from "./source/source";
import { settle } from "./state/settle";
import type { AppState, Encoding, IcicleState } from "./state/state";
import { pageOf } from "./wanted";

/** What the panels show: the model of the views, and what is around it. */
export interface Page {
  readonly manifest: Manifest;
  /** The result set asked for. */
  readonly result: ResultInfo;
  /** The result set the model is of; another one until the one asked for has arrived. */
  readonly shown: ResultInfo;
  readonly series: readonly ResultInfo[];
  /** What the slider moves along from the result set asked for. */
  readonly line: Line;
  readonly hierarchy: string;
  readonly ground: Ground;
  /** Of the tree shown; null until asked for and arrived, like the three below. */
  readonly criteria: Criteria | null;
  /** Of the tree shown with the hierarchy `state.compare`; rows are nodes of `ground.tree` (see `rowOfNode`). */
  readonly comparison: Comparison | null;
  readonly repairs: Repairs | null;
  readonly summary: Summary | null;
  /** What the result set shown is compared with, and the differences once they have arrived. */
  readonly baseline: ResultInfo | null;
  readonly change: Change | null;
  readonly courses: Courses | null;
  readonly branching: Branching;
  /** What the tree is coloured by the recall of, with its metrics before any filter, once they have arrived. */
  readonly probe: Probed | null;
  readonly layer: LayerInfo | null;
  readonly model: Model;
  /** By cell of CellIndex: what group metrics are counted from (see GroupMetrics). */
  readonly metricCount: Int32Array;
  /** Counted when asked for, like the totals below: panels ask after the views have drawn. */
  readonly parts: PartCounts;
  /** Samples that pass every filter, the cell filter included, and how many of them are correct. */
  readonly nShown: number;
  readonly accuracy: number;
  /** Column order of the whole layer; the model holds one page of it. */
  readonly nColumns: number;
  readonly pageSize: number;
  /** Response of the chosen neuron to every row, when it has arrived. */
  readonly activation: Float32Array | null;
  /** Rows that drive the selected neuron most, strongest first; null unless such a selection has arrived. */
  readonly topRows: Uint32Array | null;
  readonly topValues: TopSamples | null;
}

/** A classifier on one layer and how well it tells the groups. */
export interface Probed {
  readonly info: ResultInfo;
  readonly metrics: GroupMetrics;
}

/** The metrics of groups over the epochs: `nodes` by wire number, `results` in the order of epochs. */
export interface Courses {
  readonly nodes: readonly number[];
  readonly results: readonly ResultInfo[];
  readonly course: Course;
}

export type Derive = (
  state: AppState,
  manifest: Manifest | null,
  known: Known,
  dark: boolean,
  ground: Ground | null,
) => Page | null;

/** Make the selectors of one mounted app; each recomputes only when one of its inputs is another object. */
export function createDerive(): Derive {
  const heldPartition = holdFor<Tree, PartitionAnswer>();
  const heldOutliers = holdFor<PartitionAnswer, Outliers>();
  const heldComparison = holdFor<Tree, Comparison>();
  const heldRepairs = holdFor<Tree, Repairs>();
  const heldCriteria = hold<Criteria>();
  const heldSummary = hold<Summary>();
  const heldChange = holdFor<Tree, Change>();
  const heldCourses = holdFor<Tree, Courses>();
  const heldProbe = holdFor<Tree, Probed>();
  const probed = memo((info: ResultInfo, tree: Tree, cells: CellIndex): Probed => {
    return { info, metrics: groupMetrics(tree, cells, cells.count) };
  });
  const branchingOf = createBranching();
  const lines = memo(lineOf);
  const changes = memo(changeValues);
  const unknown = memo((tree: Tree) => new Float64Array(tree.nNodes).fill(Number.NaN));
  const inside = memo(insideAccuracy);
  const symmetric = memo(changeRange);
  const courses = memo(
    (tree: Tree, nodes: string, series: readonly ResultInfo[], course: Course): Courses => ({
      nodes: nodes.split(",").map((node) => tree.wireNode[Number(node)] as number),
      results: series,
      course,
    }),
  );
  const epochs = memo(seriesOf);
  const agreements = memo((jaccard: Float32Array) => Float64Array.from(jaccard));
  const heldBlock = hold<ResponseBlock>();
  const settled = memo(
    (state: AppState, nodeOfWire: Int32Array, nClasses: number, results: Manifest["results"]) =>
      settle(state, { nodeOfWire, nClasses, results }),
  );
  const labels = memo(nodeLabels);
  const unfiltered = memo(everything);
  const steps = {
    pPred: memo(rowsInRange),
    pTrue: memo(rowsInRange),
    activation: memo(rowsInRange),
    all: memo(keepRows),
  };
  const beyond = memo(rowsBeyondRank);
  const filtered = memo(filterRank);
  const groups = memo(groupMetrics);
  const totals = memo(sumShown);
  const biggest = memo(largestCell);
  const totalsOf = memo(classTotals);
  const mapped = memo(mapCells);
  const scaled = memo(makeScale);
  const sharesOf = memo((cells: CellIndex, count: Int32Array) => () => totalsOf(cells, count));
  const mapping = memo(
    (
      cells: CellIndex,
      kept: Int32Array,
      base: Int32Array,
      minCount: number,
      encoding: Encoding,
    ): (() => { readonly mapped: Mapped; readonly scale: Scale }) => {
      let made: { readonly mapped: Mapped; readonly scale: Scale } | null = null;
      return () => {
        if (made) return made;
        const { value, scale, diagonal, frozenMin, frozenMax } = encoding;
        const values = mapped(cells, kept, sharesOf(cells, base), value, minCount, diagonal);
        made = { mapped: values, scale: scaled(values, scale, diagonal, frozenMin, frozenMax) };
        return made;
      };
    },
  );
  const neuronValues = memo((tree: Tree, means: NeuronMeans) => nodeMeans(tree, means.mean, means.count));
  const ranged = memo(extent);
  const rowNames = memo(({ layers }: Separability) => [...layers, "output"]);
  const layerRange = memo((last: number): readonly [number, number] => [0, last]);
  const topRowsOf = memo(rowsOfSamples);
  const selected = memo(selectRows);
  const rowsOfSelection = memo(
    (
      ...[selection, tree, cells, rows, shown, minCount, diagonal, top]: [
        AppState["selection"],
        Tree,
        CellIndex,
        Rows | null,
        Filtered,
        number,
        boolean,
        Uint32Array | null,
      ]
    ): (() => Uint32Array | null) =>
      () =>
        rows ? selected(selection, tree, cells, shown, minCount, diagonal, top) : null,
  );
  const counted = memo(countSelection);
  const label = memo(selectionLabel);
  const groupClasses = memo(classesOfNodes);
  const order = memo(orderColumns);
  const scale = memo(responseScale);
  const block = memo(
    (
      layer: LayerInfo,
      columns: ReturnType<typeof orderColumns>,
      first: number,
      size: number,
      value: Float32Array,
      threshold: number | null,
    ): ResponseBlock => {
      const own = scale(value);
      return {
        layer: layer.name,
        side: layer.side,
        nNeurons: layer.n_neurons,
        neurons: Int32Array.from(pageOf(columns.neurons, first, size)),
        value,
        score: columns.score,
        scoreName: columns.scoreName,
        threshold: threshold ?? own.threshold,
        maximum: own.maximum,
      };
    },
  );
  const nodeValues = memo(
    (
      { colour }: IcicleState,
      metrics: GroupMetrics,
      means: Float64Array | null,
      agreement: Float64Array | null,
      other: Float64Array | null,
    ): Float64Array => {
      if (colour === "neuron") return means ?? metrics.recall;
      if (colour === "agreement") return agreement ?? metrics.recall;
      if (colour === "precision" || colour === "recall" || colour === "f1") return metrics[colour];
      return other ?? metrics.recall;
    },
  );
  const model = memo(
    (
      ...[
        state,
        dark,
        classes,
        tree,
        text,
        cells,
        rows,
        shown,
        metrics,
        mapping,
        nodeValue,
        nodeRange,
        layerNames,
        responses,
        selectedRows,
        selectionText,
        partition,
        outliers,
        cut,
      ]: [
        AppState,
        boolean,
        Model["classes"],
        Tree,
        readonly string[],
        CellIndex,
        Rows | null,
        Filtered,
        GroupMetrics,
        () => { readonly mapped: Mapped; readonly scale: Scale },
        Float64Array,
        readonly [number, number],
        readonly string[],
        ResponseBlock | null,
        () => Uint32Array | null,
        string,
        PartitionAnswer | null,
        Outliers | null,
        Cut | null,
      ]
    ): Model => ({
      state,
      dark,
      classes,
      tree,
      label: text,
      cells,
      rows,
      filtered: shown,
      groups: metrics,
      get maxCount() {
        const { kind, largest } = mapping().mapped;
        return kind === "count" ? largest : biggest(cells, shown.count, state.encoding.diagonal);
      },
      get mapped() {
        return mapping().mapped;
      },
      get scale() {
        return mapping().scale;
      },
      nodeValue,
      nodeRange,
      layerNames,
      responses,
      get selectedRows() {
        return selectedRows();
      },
      selectionLabel: selectionText,
      partition,
      outliers,
      cut,
    }),
  );

  return (asked, manifest, known, dark, ground) => {
    const result = chosenResult(manifest, asked);
    const classes = known.find({ view: "classes" });
    if (!manifest || !result || !classes || !ground) return null;
    const { info, cells, rows, tree } = ground;
    const state = settled(asked, tree.nodeOfWire, cells.nClasses, manifest.results);

    const activationOf = (one: { layer: string; neuron: number }) =>
      known.find({ view: "activations", result: info.name, layer: one.layer, neuron: one.neuron });
    const filterActivation = state.filter.activation && activationOf(state.filter.activation);
    const { topK, minCount } = state.filter;
    const base = filterValues(unfiltered(cells), cells, rows, state.filter, filterActivation, steps);
    const kept = filtered(cells, rows, base, topK, beyond);
    const metrics = groups(tree, cells, base.count);

    const layer = chosenLayer(info, state);
    const neuron =
      layer && state.responses.neuron !== null && state.responses.neuron < layer.n_neurons
        ? state.responses.neuron
        : null;
    const chosen = layer && neuron !== null ? { layer: layer.name, neuron } : null;
    const means = chosen && known.find({ view: "neuron", result: info.name, ...chosen });
    const meanOfNode = state.icicle.colour === "neuron" && means ? neuronValues(tree, means) : null;
    const asks = treeAsks(state, ground, manifest);
    const comparison = asks.compare && heldComparison(tree, known.find(asks.compare));
    const agreement = comparison && agreements(comparison.jaccard);
    const held = asks.change && heldChange(tree, known.find(asks.change));
    const change = asks.change && (known.find(asks.change) ?? (hasFailed(known, "change") ? null : held));
    const { colour, metric } = state.icicle;
    const changed = colour === "change" ? (change ? changes(change[metric].value) : unknown(tree)) : null;
    const stayed = colour === "inside" ? inside(tree, cells, base.count, metrics) : null;
    const branching = branchingOf(state, manifest, known, ground);
    const probeInfo = colour === "probe" ? chosenProbe(manifest, state, info) : null;
    const probeCells = probeInfo && known.find({ view: "cells", result: probeInfo.name });
    const probe = probeInfo && heldProbe(tree, probeCells && probed(probeInfo, tree, probeCells));
    const ofProbe = colour === "probe" ? (probe?.metrics.recall ?? unknown(tree)) : null;
    const apart = colour === "separation" ? (branching.separation ?? unknown(tree)) : null;
    const other = changed ?? stayed ?? ofProbe ?? apart;
    const nodeValue = nodeValues(state.icicle, metrics, meanOfNode, agreement, other);
    const ofLayers = apart ? layerRange(branching.found?.layers.length ?? 1) : null;
    const nodeRange = meanOfNode ? ranged(meanOfNode) : changed ? symmetric(changed) : (ofLayers ?? UNIT);

    let responses: ResponseBlock | null = null;
    if (layer && state.tab === "responses") {
      const inGroup = groupClasses(tree, state.responses.nodes);
      const relevance = known.find({
        view: "relevance",
        result: info.name,
        layer: layer.name,
        classes: inGroup,
      });
      const ordered = relevance && order(relevance, state.responses.order, inGroup.length > 0);
      const neurons = ordered && pageOf(ordered.neurons, state.responses.page, pageSize(layer));
      const profile =
        neurons && known.find({ view: "profile", result: info.name, layer: layer.name, neurons });
      const ready =
        ordered && profile
          ? block(
              layer,
              ordered,
              state.responses.page,
              pageSize(layer),
              profile.value,
              state.responses.threshold,
            )
          : null;
      responses = heldBlock(ready);
    }

    const { selection } = state;
    const top =
      selection.kind === "top"
        ? known.find({
            view: "top_samples",
            result: info.name,
            layer: selection.layer,
            neuron: selection.neuron,
          })
        : null;
    const topRows = top && rows ? topRowsOf(top, rows) : null;
    const selectedRows = rowsOfSelection(
      selection,
      tree,
      cells,
      rows,
      kept,
      minCount,
      state.encoding.diagonal,
      topRows,
    );
    const partition = asks.partition && heldPartition(tree, known.find(asks.partition));
    const outliers =
      partition && heldOutliers(partition, known.find(outliersMessage(state, ground, partition)));
    const series = seriesOf(manifest, result);
    const ofShown = epochs(manifest, info);
    const course = asks.series && known.find(asks.series);
    const found = course && asks.series && courses(tree, asks.series.nodes.join(), ofShown, course);
    const made = model(
      state,
      dark,
      classes,
      tree,
      labels(tree, classes),
      cells,
      rows,
      kept,
      metrics,
      mapping(cells, kept.count, base.count, minCount, state.encoding),
      nodeValue,
      nodeRange,
      apart && branching.found ? rowNames(branching.found) : NO_NAMES,
      responses,
      selectedRows,
      label(state, tree, classes, info),
      partition,
      outliers,
      state.side === "branches" ? (branching.plan?.[branching.at]?.cut ?? null) : null,
    );
    const activation = state.filter.activation ? filterActivation : chosen && activationOf(chosen);
    const value: Page = {
      manifest,
      result,
      shown: info,
      series,
      line: lines(manifest, result, state.along),
      hierarchy: ground.hierarchy,
      ground,
      criteria: asks.criteria && heldCriteria(known.find(asks.criteria)),
      comparison,
      repairs: asks.repair && heldRepairs(tree, known.find(asks.repair)),
      summary: asks.summary && heldSummary(known.find(asks.summary)),
      baseline: chosenBaseline(manifest, state, info),
      change,
      branching,
      probe,
      courses: asks.series && heldCourses(tree, found || null),
      layer,
      model: made,
      metricCount: base.count,
      get parts() {
        return counted(selection, tree, cells, kept, minCount, state.encoding.diagonal);
      },
      get nShown() {
        return totals(cells, kept, minCount).nShown;
      },
      get accuracy() {
        const { nShown, nCorrect } = totals(cells, kept, minCount);
        return nCorrect / nShown;
      },
      nColumns: layer?.n_neurons ?? 0,
      pageSize: layer ? pageSize(layer) : 0,
      activation,
      topRows,
      topValues: top,
    };
    return value;
  };
}

const NO_NAMES: readonly string[] = [];
const UNIT: readonly [number, number] = [0, 1];

/** Whether a question could not be answered: what was held before must not be taken for the answer. */
function hasFailed({ failures }: Known, view: Message["view"]): boolean {
  return failures.some(({ message }) => message.view === view);
}

function sumShown(cells: CellIndex, { count, nShown: nKept }: Filtered, minCount: number) {
  let nShown = nKept;
  if (minCount > 1) {
    nShown = 0;
    for (let cell = 0; cell < count.length; cell++) if (count[cell] >= minCount) nShown += count[cell];
  }
  let nCorrect = 0;
  for (const cell of diagonalCells(cells)) if (count[cell] >= minCount) nCorrect += count[cell];
  return { nShown, nCorrect };
}

function rowsOfSamples(top: TopSamples, rows: Rows): Uint32Array {
  const wanted = new Map([...top.sample].map((sample, rank) => [sample, rank]));
  const found = new Map<number, number>();
  rows.sample.forEach((sample, row) => {
    const rank = wanted.get(sample);
    if (rank !== undefined) found.set(rank, row);
  });
  return Uint32Array.from([...found].sort(([a], [b]) => a - b).map(([, row]) => row));
}
