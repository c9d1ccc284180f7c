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

/** What the browser may ask; one row of the wire table each. */
export type Message =
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
  readonly layers: readonly LayerInfo[];
}

export interface HierarchyInfo {
  readonly name: string;
  readonly how: Readonly<Record<string, unknown>>;
  readonly n_nodes: number;
  readonly depth: number;
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
  thumbUrl(hash: string): string;
}
