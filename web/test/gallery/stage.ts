import { classTotals, largestCell } from "../../src/core/cells";
import type { ResponseBlock } from "../../src/core/data";
import { applyFilter } from "../../src/core/filter";
import { sortChildren } from "../../src/core/hierarchy";
import { groupMetrics } from "../../src/core/metrics";
import { makeScale } from "../../src/core/scale";
import { mapCells } from "../../src/core/values";
import { memo } from "../../src/memo";
import type { Model, View, ViewContext } from "../../src/model";
import type { Action } from "../../src/state/actions";
import { cell } from "../../src/state/cell";
import { reduce } from "../../src/state/reduce";
import { type AppState, initialState } from "../../src/state/state";
import type { SyntheticStudy } from "./synthetic";

/** A page without panels or server: state, model and the views on it. */
export interface Stage {
  readonly context: ViewContext;
  readonly model: () => Model;
  add(view: View): void;
  remove(): void;
}

/** Put a synthetic study on a stage. */
export function stage(
  study: SyntheticStudy,
  options: { dark: boolean; responses: ResponseBlock | null; state?: Partial<AppState> },
): Stage {
  let state: AppState = { ...initialState, ...options.state };
  let views: View[] = [];
  const filtered = memo(applyFilter);
  const metrics = memo(groupMetrics);
  const sorted = memo(sortChildren);
  const baseMetrics = groupMetrics(study.tree, study.cells, study.cells.count);
  const mapped = memo(mapCells);
  const scaled = memo(makeScale);
  const totals = memo((count: Int32Array) => () => classTotals(study.cells, count));
  const derive = (): Model => {
    const { sort, colour, descending } = state.icicle;
    const key = sort === "precision" || sort === "recall" || sort === "f1" ? baseMetrics[sort] : null;
    const tree = key === null ? study.tree : sorted(study.tree, key, descending);
    const kept = filtered(study.cells, study.rows, state.filter, null);
    const groups = metrics(tree, study.cells, kept.count);
    const { value, scale, diagonal, frozenMin, frozenMax } = state.encoding;
    const values = mapped(
      study.cells,
      kept.count,
      totals(kept.count),
      value,
      state.filter.minCount,
      diagonal,
    );
    return {
      state,
      dark: options.dark,
      classes: study.classes,
      tree,
      label: tree.name,
      cells: study.cells,
      rows: study.rows,
      filtered: kept,
      groups,
      maxCount: largestCell(study.cells, kept.count, diagonal),
      mapped: values,
      scale: scaled(values, scale, diagonal, frozenMin, frozenMax),
      nodeValue: colour === "precision" || colour === "f1" ? groups[colour] : groups.recall,
      nodeRange: [0, 1],
      responses: options.responses,
      selectedRows: null,
      selectionLabel: "",
      partition: null,
      outliers: null,
      cut: null,
      layerNames: [],
    };
  };
  let model = derive();
  const context: ViewContext = {
    dispatch(action: Action) {
      state = reduce(state, action);
      model = derive();
      for (const view of views) view.update(model);
    },
    hover: cell<ReturnType<ViewContext["hover"]["get"]>>(null),
    pointer: cell<ReturnType<ViewContext["pointer"]["get"]>>(null),
  };
  return {
    context,
    model: () => model,
    add(view) {
      views.push(view);
      view.update(model);
    },
    remove() {
      for (const view of views) view.destroy();
      views = [];
    },
  };
}
