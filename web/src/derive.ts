import { classesOfNodes, orderColumns, pageSize, responseScale } from "./columns";
import { largestCell } from "./core/cells";
import { everything, filterRange, filterRank, filterValues, isBounded } from "./core/filter";
import { buildTree, sortChildren } from "./core/hierarchy";
import { groupMetrics } from "./core/metrics";
import { extent, nodeMeans } from "./core/responses";
import { countSelection, type PartCounts, selectRows } from "./core/select";
import type { Known } from "./data";
import { nodeLabels, selectionLabel } from "./label";
import { hold, memo } from "./memo";
import type { CellIndex, Filtered, GroupMetrics, Model, ResponseBlock, Rows, Tree } from "./model";
import { chosenHierarchy, chosenLayer, chosenResult, seriesOf } from "./results";
import type { NeuronMeans, TopSamples } from "./source/answers";
import type { LayerInfo, Manifest, ResultInfo } from "./source/source";
import { settle } from "./state/settle";
import type { AppState, GroupMetric, IcicleState } from "./state/state";
import { pageOf } from "./wanted";

/** What the panels show: the model of the views, and what is around it. */
export interface Page {
  readonly manifest: Manifest;
  /** The result set asked for. */
  readonly result: ResultInfo;
  /** The result set the model is of; another one until the one asked for has arrived. */
  readonly shown: ResultInfo;
  readonly series: readonly ResultInfo[];
  readonly hierarchy: string;
  readonly layer: LayerInfo | null;
  readonly model: Model;
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

interface Loaded {
  readonly info: ResultInfo;
  readonly cells: CellIndex;
  readonly rows: Rows | null;
}

export type Derive = (state: AppState, manifest: Manifest | null, known: Known, dark: boolean) => Page | null;

/** Make the selectors of one mounted app; each recomputes only when one of its inputs is another object. */
export function createDerive(): Derive {
  const heldResult = hold<Loaded>();
  const heldTree = hold<{ readonly name: string; readonly tree: Tree }>();
  const heldBlock = hold<ResponseBlock>();
  const loadedResult = memo(
    (info: ResultInfo, cells: CellIndex, rows: Rows | null): Loaded => ({ info, cells, rows }),
  );
  const namedTree = memo((name: string, tree: Tree) => ({ name, tree }));
  const wireTree = memo(buildTree);
  const baseMetrics = memo((tree: Tree, cells: CellIndex) => groupMetrics(tree, cells, cells.count));
  const sortedTree = memo(sortTree);
  const settled = memo((state: AppState, nNodes: number, nClasses: number) =>
    settle(state, { nNodes, nClasses }),
  );
  const labels = memo(nodeLabels);
  const unfiltered = memo(everything);
  const steps = { pPred: memo(filterRange), pTrue: memo(filterRange), activation: memo(filterRange) };
  const filtered = memo(filterRank);
  const groups = memo(groupMetrics);
  const totals = memo(sumShown);
  const biggest = memo(largestCell);
  const neuronValues = memo((tree: Tree, means: NeuronMeans) => nodeMeans(tree, means.mean, means.count));
  const ranged = memo(extent);
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
    (state: IcicleState, metrics: GroupMetrics, means: Float64Array | null): Float64Array =>
      state.colour === "neuron" ? (means ?? metrics.recall) : metrics[state.colour],
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
        maxCount,
        nodeValue,
        nodeRange,
        responses,
        selectedRows,
        selectionText,
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
        number,
        Float64Array,
        readonly [number, number],
        ResponseBlock | null,
        () => Uint32Array | null,
        string,
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
      maxCount,
      nodeValue,
      nodeRange,
      responses,
      get selectedRows() {
        return selectedRows();
      },
      selectionLabel: selectionText,
    }),
  );

  return (asked, manifest, known, dark) => {
    const result = chosenResult(manifest, asked);
    const classes = known.find({ view: "classes" });
    const hierarchyName = chosenHierarchy(manifest, asked);
    if (!manifest || !result || !classes || hierarchyName === null) return null;

    const columns = known.find({ view: "hierarchy", hierarchy: hierarchyName });
    const loaded = heldResult(readyResult(asked, result, known, loadedResult));
    const named = heldTree(columns && namedTree(hierarchyName, wireTree(columns)));
    if (!loaded || !named) return null;
    const { info, cells, rows } = loaded;

    const { sort, descending } = asked.icicle;
    const metrics0 =
      sort === "precision" || sort === "recall" || sort === "f1" ? baseMetrics(named.tree, cells) : null;
    const tree = sortedTree(named.tree, metrics0, sort, descending);
    const state = settled(asked, tree.nNodes, cells.nClasses);

    const activationOf = (one: { layer: string; neuron: number }) =>
      known.find({ view: "activations", result: info.name, layer: one.layer, neuron: one.neuron });
    const filterActivation = state.filter.activation && activationOf(state.filter.activation);
    const { topK, minCount } = state.filter;
    const base = filterValues(unfiltered(cells), cells, rows, state.filter, filterActivation, steps);
    const kept = filtered(cells, rows, base, topK);
    const metrics = groups(tree, cells, base.count);
    const maxCount = biggest(cells, kept.count, state.encoding.diagonal);

    const layer = chosenLayer(info, state);
    const neuron =
      layer && state.responses.neuron !== null && state.responses.neuron < layer.n_neurons
        ? state.responses.neuron
        : null;
    const chosen = layer && neuron !== null ? { layer: layer.name, neuron } : null;
    const means = chosen && known.find({ view: "neuron", result: info.name, ...chosen });
    const meanOfNode = state.icicle.colour === "neuron" && means ? neuronValues(tree, means) : null;
    const nodeValue = nodeValues(state.icicle, metrics, meanOfNode);
    const nodeRange = meanOfNode ? ranged(meanOfNode) : UNIT;

    let responses: ResponseBlock | null = null;
    if (layer && columns && state.tab === "responses") {
      const inGroup = groupClasses(columns, state.responses.nodes);
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
    const series = seriesOf(manifest, result);
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
      maxCount,
      nodeValue,
      nodeRange,
      responses,
      selectedRows,
      label(state, tree, classes, info),
    );
    const activation = state.filter.activation ? filterActivation : chosen && activationOf(chosen);
    const value: Page = {
      manifest,
      result,
      shown: info,
      series,
      hierarchy: named.name,
      layer,
      model: made,
      get parts() {
        return counted(selection, tree, cells, kept, minCount, state.encoding.diagonal);
      },
      get nShown() {
        return totals(cells, kept.count, minCount).nShown;
      },
      get accuracy() {
        const { nShown, nCorrect } = totals(cells, kept.count, minCount);
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

const UNIT: readonly [number, number] = [0, 1];

/** The result asked for, as soon as the picture it gives is the right one: filters by row wait for the rows. */
function readyResult(
  state: AppState,
  result: ResultInfo,
  known: Known,
  make: (info: ResultInfo, cells: CellIndex, rows: Rows | null) => Loaded,
): Loaded | null {
  const cells = known.find({ view: "cells", result: result.name });
  const rows = known.find({ view: "rows", result: result.name });
  return cells && (rows || !needsRows(state)) ? make(result, cells, rows) : null;
}

/** Whether the picture depends on single samples. */
export function needsRows({ filter, selection }: AppState): boolean {
  const filters =
    filter.topK > 1 || isBounded(filter.pPred) || isBounded(filter.pTrue) || filter.activation !== null;
  return filters || selection.kind !== "none";
}

function sortTree(
  tree: Tree,
  metrics: GroupMetrics | null,
  sort: IcicleState["sort"],
  descending: boolean,
): Tree {
  if (sort === "hierarchy") return tree;
  if (sort === "name") return sortChildren(tree, "name", descending);
  if (sort === "size") {
    return sortChildren(
      tree,
      Float64Array.from(tree.stop, (stop, node) => stop - tree.start[node]),
      descending,
    );
  }
  return metrics ? sortChildren(tree, metrics[sort as GroupMetric], descending) : tree;
}

function sumShown(cells: CellIndex, count: Int32Array, minCount: number) {
  let nShown = 0;
  let nCorrect = 0;
  for (let cell = 0; cell < count.length; cell++) {
    const n = count[cell];
    if (n < minCount) continue;
    nShown += n;
    if (cells.true[cell] === cells.pred[cell]) nCorrect += n;
  }
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
