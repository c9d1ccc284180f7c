import coreFixtures from "../../../tests/wire/core_fixtures.json?raw";
import { indexCells } from "../../src/core/cells";
import type { CellIndex, Rows, Tree } from "../../src/core/data";
import { buildTree } from "../../src/core/hierarchy";
import { type Filter, initialState } from "../../src/state/state";

type Numbers = readonly (number | null)[];

interface CoreCase {
  readonly name: string;
  readonly n_classes: number;
  readonly n_samples: number;
  readonly hierarchy: Readonly<Record<"parent" | "start" | "stop" | "depth" | "class", number[]>> &
    Readonly<Record<"name" | "aliases", string[]>>;
  readonly cells: Readonly<Record<"true" | "pred" | "count", number[]>>;
  readonly rows: Readonly<Record<"sample" | "p_true" | "p_pred" | "true_rank", Numbers>>;
  readonly filters: readonly {
    readonly filter: Pick<Filter, "topK" | "pPred" | "pTrue" | "minCount">;
    readonly count: number[];
    readonly n_kept: number;
    readonly shown: number[];
    readonly n_shown: number;
    readonly correct: readonly number[];
    readonly inside: Numbers;
    readonly groups: Readonly<Record<"tp" | "fp" | "fn" | "precision" | "recall" | "f1", Numbers>>;
  }[];
  readonly sorts: readonly {
    readonly key: "size" | "precision" | "recall" | "f1";
    readonly descending: boolean;
    readonly node: number[];
    readonly class_of_leaf: number[];
  }[];
}

/** What Python's core answers, written by tests/wire/make_core_fixtures.py. */
export const coreCases: readonly CoreCase[] = JSON.parse(coreFixtures).cases;

export function treeOf({ hierarchy }: CoreCase): Tree {
  return buildTree({
    parent: Int32Array.from(hierarchy.parent),
    start: Int32Array.from(hierarchy.start),
    stop: Int32Array.from(hierarchy.stop),
    depth: Int32Array.from(hierarchy.depth),
    class: Int32Array.from(hierarchy.class),
    name: hierarchy.name,
    aliases: hierarchy.aliases,
  });
}

export function cellsOf({ cells, n_classes, n_samples }: CoreCase): CellIndex {
  return indexCells(
    Uint16Array.from(cells.true),
    Uint16Array.from(cells.pred),
    Int32Array.from(cells.count),
    n_classes,
    n_samples,
  );
}

export function rowsOf({ rows }: CoreCase): Rows {
  const known = (values: Numbers) => values.map((value) => value ?? Number.NaN);
  return {
    sample: Int32Array.from(known(rows.sample)),
    pTrue: Float32Array.from(known(rows.p_true)),
    pPred: Float32Array.from(known(rows.p_pred)),
    trueRank: Int16Array.from(known(rows.true_rank)),
  };
}

export function filterOf(parts: Partial<Filter>): Filter {
  return { ...initialState.filter, ...parts };
}

/** Worked example 3 of the method notes: two groups of two classes, 34 samples. */
export function workedExample(): { tree: Tree; cells: CellIndex; rows: Rows } {
  const found = coreCases.find(({ name }) => name === "worked example 3");
  if (found === undefined) throw new Error("the fixtures have no worked example 3");
  return { tree: treeOf(found), cells: cellsOf(found), rows: rowsOf(found) };
}
