import type {
  AppState,
  Axis,
  BranchState,
  Edit,
  Encoding,
  Filter,
  GroupMetric,
  IcicleState,
  Part,
  PartitionChoice,
  Proposal,
  Range,
  Rect,
  ResponseState,
  SampleState,
  Side,
  Tab,
  Tool,
  Workbench,
} from "./state";

/** Everything that can happen to the state. `viewport` and slider drags do not make an undo step of their own. */
export type Action =
  /** Show a result set; `along` is the coordinate it was reached by. */
  | {
      readonly type: "result";
      readonly name: string;
      readonly follow?: boolean;
      readonly along?: Axis | null;
    }
  | { readonly type: "hierarchy"; readonly name: string }
  | { readonly type: "tab"; readonly tab: Tab }
  | { readonly type: "tool"; readonly tool: Tool }
  | { readonly type: "viewport"; readonly viewport: Rect | null }
  | {
      readonly type: "selectNodes";
      readonly nodes: readonly number[];
      readonly part?: Part;
      readonly add?: boolean;
    }
  | { readonly type: "selectPart"; readonly part: Part }
  | {
      readonly type: "selectCells";
      readonly rows: Range;
      readonly cols: Range;
      readonly add?: boolean;
      readonly mirror?: boolean;
    }
  | { readonly type: "selectLasso"; readonly polygon: readonly (readonly [number, number])[] }
  | { readonly type: "selectTop"; readonly layer: string; readonly neuron: number }
  | { readonly type: "clearSelection" }
  | { readonly type: "filter"; readonly filter: Partial<Filter> }
  | { readonly type: "resetFilter" }
  | { readonly type: "encoding"; readonly encoding: Partial<Encoding> }
  | { readonly type: "icicle"; readonly icicle: Partial<IcicleState> }
  | { readonly type: "responses"; readonly responses: Partial<ResponseState> }
  | { readonly type: "samples"; readonly samples: Partial<SampleState> }
  | { readonly type: "side"; readonly side: Side; readonly workbench?: Workbench }
  | { readonly type: "propose"; readonly proposal: Proposal | null }
  /** One more edit of the hierarchy shown, `base`; ends a proposal. */
  | { readonly type: "edit"; readonly base: string; readonly edit: Edit }
  /** Forget the unsaved edits, because they are saved or not wanted. */
  | { readonly type: "dropDraft" }
  | { readonly type: "compare"; readonly hierarchy: string | null }
  /** Colour the tree by the change of a metric since a baseline; what is left out stays. */
  | { readonly type: "change"; readonly metric?: GroupMetric; readonly baseline?: string }
  | { readonly type: "baseline"; readonly name: string }
  | { readonly type: "perClass"; readonly isOpen: boolean }
  | { readonly type: "along"; readonly along: Axis | null }
  /** Change the branches, and select what a change made, by wire number. */
  | {
      readonly type: "branches";
      readonly branches: Partial<BranchState>;
      readonly select?: readonly number[];
    }
  | { readonly type: "partition"; readonly partition: PartitionChoice | null }
  | { readonly type: "pins"; readonly nodes: readonly number[] }
  /** A whole state, from the URL or a saved finding. */
  | { readonly type: "replace"; readonly state: AppState };
