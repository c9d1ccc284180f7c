/** One array per column; every column of a reply has the same length, except that metadata may give a `shape`. */
export type Column =
  | Int8Array
  | Uint8Array
  | Int16Array
  | Uint16Array
  | Int32Array
  | Uint32Array
  | Float32Array
  | Float64Array
  | readonly string[];

export interface Reply {
  readonly kind: string;
  readonly columns: Readonly<Record<string, Column>>;
  readonly metadata: ReadonlyMap<string, string>;
}

/** A tree by name, or as it is shown: preorder, −1 for the root's parent and for the class of inner nodes. */
export type TreeRef =
  | { readonly hierarchy: string }
  | { readonly parent: readonly number[]; readonly class: readonly number[] };

/** Sample and cell filters; what is left out keeps everything. */
export interface WhereMessage {
  readonly top_k?: number;
  readonly p_pred?: readonly [number, number];
  readonly p_true?: readonly [number, number];
  readonly min_count?: number;
  readonly activation?: { readonly layer: string; readonly neuron: number; readonly min: number };
}

interface OnTree {
  readonly result: string;
  readonly tree: TreeRef;
  readonly where: WhereMessage;
}

/** What the browser may ask; one row of the wire table each. */
export type Message =
  | ({
      readonly view: "partition";
      readonly n_blocks: number | "auto";
      readonly objective: string;
      readonly along: "order" | "tree";
    } & OnTree)
  | ({ readonly view: "outliers"; readonly cuts: readonly number[]; readonly limit: number } & OnTree)
  | ({ readonly view: "criteria" } & OnTree)
  | { readonly view: "filtered"; readonly result: string; readonly where: WhereMessage }
  | {
      readonly view: "refine";
      readonly result: string;
      readonly tree: TreeRef;
      readonly node: number;
      readonly method: string;
      readonly source: "confusions" | "logits";
      readonly seed: number;
    }
  | ({ readonly view: "compare"; readonly with: { readonly hierarchy: string } } & OnTree)
  | ({ readonly view: "repair"; readonly limit: number } & OnTree)
  | ({ readonly view: "summary" } & OnTree)
  | ({ readonly view: "change"; readonly baseline: string } & OnTree)
  | {
      readonly view: "series";
      readonly results: readonly string[];
      readonly tree: TreeRef;
      readonly nodes: readonly number[];
      readonly where: WhereMessage;
    }
  | {
      readonly view: "separability";
      /** Probes from the input to the output, and the network's own result. */
      readonly results: readonly string[];
      readonly final: string;
      readonly tree: TreeRef;
    }
  | {
      readonly view: "suggest";
      readonly results: readonly string[];
      readonly final: string;
      readonly tree: TreeRef;
      readonly tau: number;
      readonly weight: number;
      /** Most groups of a branch. */
      readonly most?: number;
    }
  | { readonly view: "branches"; readonly name: string; readonly tree: TreeRef }
  | { readonly view: "classes" }
  | { readonly view: "hierarchy"; readonly hierarchy: string }
  | { readonly view: "cells"; readonly result: string }
  | { readonly view: "rows"; readonly result: string }
  | { readonly view: "samples"; readonly result: string; readonly samples: readonly number[] }
  | {
      readonly view: "relevance";
      readonly result: string;
      readonly layer: string;
      readonly classes: readonly number[];
    }
  | {
      readonly view: "profile";
      readonly result: string;
      readonly layer: string;
      readonly neurons: readonly number[];
    }
  | { readonly view: "activations"; readonly result: string; readonly layer: string; readonly neuron: number }
  | { readonly view: "neuron"; readonly result: string; readonly layer: string; readonly neuron: number }
  | {
      readonly view: "top_samples";
      readonly result: string;
      readonly layer: string;
      readonly neuron: number;
    };

export interface SheetMessage {
  readonly samples: readonly number[];
  readonly side: number;
  readonly columns: number;
}

export interface Coordinates {
  readonly model: string | null;
  readonly epoch: number | null;
  readonly layer: string | null;
  readonly transform: string | null;
  readonly split: string | null;
}

export interface LayerInfo {
  readonly name: string;
  readonly n_neurons: number;
  readonly side: number;
  readonly n_top: number;
  readonly nonnegative: boolean;
}

export interface ResultInfo {
  readonly name: string;
  readonly coordinates: Coordinates;
  readonly n_samples: number;
  readonly has_probabilities: boolean;
  readonly has_rank: boolean;
  readonly has_logits?: boolean;
  readonly layers: readonly LayerInfo[];
}

export interface HierarchyInfo {
  readonly name: string;
  readonly how: Readonly<Record<string, unknown>>;
  readonly n_nodes: number;
  readonly depth: number;
}

/** A saved view: the state as its URL hash writes it. */
export interface FindingInfo {
  readonly id: string;
  readonly name: string;
  readonly note: string;
  /** ISO 8601, UTC. */
  readonly created: string;
  readonly state: { readonly hash: string };
}

export type SaveMessage =
  | {
      readonly kind: "hierarchy";
      readonly name: string;
      readonly parent: readonly number[];
      readonly class: readonly number[];
      readonly names: readonly string[];
      readonly aliases: readonly string[];
      readonly how: Readonly<Record<string, unknown>>;
      readonly replace: boolean;
      /** Make it the one the page opens with. */
      readonly default: boolean;
    }
  | {
      readonly kind: "finding";
      readonly name: string;
      readonly note: string;
      readonly state: FindingInfo["state"];
    }
  | { readonly kind: "forget"; readonly id: string }
  | { readonly kind: "branches"; readonly name: string; readonly plan: PlanFile; readonly replace: boolean };

/** Branches as `classblocks train` reads them; groups are class ids. */
export interface PlanFile {
  readonly format: "classblocks-branches";
  readonly version: 1;
  readonly classes: readonly string[];
  readonly branches: readonly {
    readonly layer: string;
    readonly weight: number;
    readonly groups: readonly (readonly number[])[];
    readonly names: readonly string[];
  }[];
  readonly how: Readonly<Record<string, unknown>>;
}

export interface Activity {
  readonly message: string;
  readonly fraction: number | null;
}

export interface Manifest {
  readonly kind: "manifest";
  readonly version: number;
  readonly study: {
    readonly name: string;
    readonly n_classes: number;
    readonly n_samples: number;
    readonly has_thumbnails: boolean;
  };
  readonly results: readonly ResultInfo[];
  readonly hierarchies: readonly HierarchyInfo[];
  readonly default_hierarchy: string | null;
  readonly activity: Activity | null;
  readonly findings?: readonly FindingInfo[];
  /** Names of saved branches. */
  readonly branches?: readonly string[];
  /** Whether hierarchies and findings can be saved. */
  readonly can_save?: boolean;
  /** What of the study could not be read, one sentence each. */
  readonly problems?: readonly string[];
}

/** Where data comes from: a server, a notebook or, in tests, a fake. */
export interface Source {
  /** The manifest with its tag, or null when `etag` is still the current one. */
  manifest(
    signal: AbortSignal,
    etag: string | null,
  ): Promise<{ manifest: Manifest; etag: string | null } | null>;
  request(message: Message, options: { signal: AbortSignal }): Promise<Reply>;
  sheet(message: SheetMessage, options: { signal: AbortSignal }): Promise<Blob>;
  /** Keep a hierarchy, a finding or branches; fails with one sentence, `status` 409 when the name exists. */
  save(message: SaveMessage): Promise<Readonly<Record<string, string>>>;
  thumbUrl(hash: string): string;
}
