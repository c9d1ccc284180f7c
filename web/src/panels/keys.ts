import type { Page } from "../derive";
import { stopAction } from "../results";
import type { Session } from "../session";
import type { Side } from "../state/state";
import { zoomTo } from "../zoom";
import { changeGroups, type GroupEdit, stepBranch } from "./branches/acting";
import { focusedNode } from "./focused";
import { togglePin } from "./groups/pins";
import { acceptProposal, rejectProposal } from "./hierarchy/acting";
import { deskOf } from "./hierarchy/desk.svelte";
import { toggleFrozen } from "./legend";
import { sides } from "./sides";

/** What the help lists; a test holds it against `pressKey`. */
export const keyList: readonly {
  readonly title: string;
  readonly keys: readonly (readonly [string, string])[];
}[] = [
  {
    title: "Everywhere",
    keys: [
      ["/", "search a class or group"],
      ["[ ]", "back, forward along the slider: epochs or layers"],
      ["1 2", "matrix, responses"],
      ["z Z", "undo, redo"],
      ["Esc", "one step back: close, deselect, zoom out"],
      ["0", "show everything"],
      ["k", "pin or unpin the hovered or selected group"],
      ["i", "hold the tooltip: its pictures can be clicked"],
      ["?", "this list"],
    ],
  },
  {
    title: "Panels at the right",
    keys: [
      ["s", "samples"],
      ["b", "blocks"],
      ["t", "hierarchy"],
      ["g", "groups"],
      ["r", "branches for training"],
      ["v", "saved views"],
      ["↑ ↓", "row before, row after in a table"],
      ["Enter", "select the cells of the row"],
    ],
  },
  {
    title: "Matrix",
    keys: [
      ["d", "diagonal on, off"],
      ["l", "logarithmic, linear or rank colour"],
      ["h", "halo on, off"],
      ["f", "freeze the colour scale"],
      ["o", "box or lasso"],
      ["c", "copy the selected cells, the hovered one or all shown as CSV"],
      ["right click", "copy and save"],
      ["drag", "select a box of cells, or those inside a lasso"],
      ["Shift drag", "add a box"],
      ["click", "select a cell, or between cells the region of two blocks"],
      ["Alt click", "on a column's name (or Ctrl): true in the selected groups, predicted in that one"],
      ["wheel", "zoom at the pointer"],
      ["Alt drag", "pan; also Space and drag"],
    ],
  },
  {
    title: "Tree",
    keys: [
      ["← →", "to the parent, to the first child"],
      ["↑ ↓", "along the siblings"],
      ["Enter", "select"],
      ["click", "select a group"],
      ["Shift click", "add a group or take it out"],
      ["double click", "zoom to the group"],
    ],
  },
  {
    title: "Selected group",
    keys: [
      ["a", "all of it"],
      ["p", "TP: true and predicted inside"],
      ["m", "FP: predicted inside, true elsewhere"],
      ["n", "FN: true inside, predicted elsewhere"],
      ["Enter", "zoom to it, when nothing has the focus"],
    ],
  },
  {
    title: "Branches",
    keys: [
      ["+", "split the selected group into its children"],
      ["-", "merge it with its siblings into their parent"],
      [", .", "branch before, branch after"],
    ],
  },
  {
    title: "Edit the hierarchy",
    keys: [
      ["F2", "rename the selected group"],
      ["Alt+↑ Alt+↓", "move the selected up, down among siblings"],
      ["Alt+←", "move out, behind its group"],
      ["Alt+→", "move into the group before it"],
      ["Alt+X Alt+V", "cut, put into the selected group"],
      ["Alt+G", "group the selected"],
      ["Alt+M", "merge the selected groups"],
      ["Alt+U", "dissolve the group"],
      ["drag", "move in the tree while “Edit” is open"],
      ["Enter", "accept a proposal"],
      ["Esc", "reject a proposal"],
    ],
  },
];

const AFTER = { log: "linear", linear: "rank", rank: "log" } as const;

/** What keys do that the state does not know. */
export interface KeyUse {
  readonly session: Session;
  readonly page: Page | null;
  focusSearch(): void;
  focusTree(): void;
  toggleHelp(): void;
  /** Hold the tooltip or let it go; false when there is none. */
  pinTip(): boolean;
  /** Copy cells of the matrix. */
  copy(): void;
  showSide(side: Side): void;
}

/** Act on a key pressed outside of any field; false when it means nothing here. */
export function pressKey(key: string, use: KeyUse): boolean {
  const { session, page } = use;
  switch (key) {
    case "/":
      use.focusSearch();
      return true;
    case "?":
      use.toggleHelp();
      return true;
    case "i":
      return use.pinTip();
    case "z":
      session.undo();
      return true;
    case "Z":
      session.redo();
      return true;
  }
  const side = sides.find((one) => one.key === key);
  if (side) use.showSide(side.side);
  if (side) return true;
  return page ? pressPageKey(key, page, use) : false;
}

function pressPageKey(key: string, page: Page, use: KeyUse): boolean {
  const { session } = use;
  const { encoding, selection, viewport } = page.model.state;
  switch (key) {
    case "[":
      return stepAlong(page, session, -1);
    case "]":
      return stepAlong(page, session, 1);
    case "1":
      session.dispatch({ type: "tab", tab: "matrix" });
      return true;
    case "2":
      session.dispatch({ type: "tab", tab: "responses" });
      return true;
    case "c":
      if (page.model.state.tab === "matrix") use.copy();
      return true;
    case "d":
      session.dispatch({ type: "encoding", encoding: { diagonal: !encoding.diagonal } });
      return true;
    case "l":
      session.dispatch({
        type: "encoding",
        encoding: { scale: AFTER[encoding.scale] },
      });
      return true;
    case "h":
      session.dispatch({ type: "encoding", encoding: { halo: !encoding.halo } });
      return true;
    case "f":
      session.dispatch({ type: "encoding", encoding: toggleFrozen(page.model) });
      return true;
    case "o":
      session.dispatch({ type: "tool", tool: page.model.state.tool === "box" ? "lasso" : "box" });
      return true;
    case "+":
      return editBranches(session, use, "split");
    case "-":
      return editBranches(session, use, "merge");
    case ",":
    case ".":
      if (page.model.state.side !== "branches") use.showSide("branches");
      else stepBranch(session, page, key === "." ? 1 : -1);
      deskOf(session).refusal = null;
      return true;
    case "k":
      return pinFocused(page, session);
    case "0":
      session.dispatch({ type: "viewport", viewport: null });
      return true;
    case "ArrowUp":
    case "ArrowDown":
    case "ArrowLeft":
    case "ArrowRight":
      use.focusTree();
      return true;
    case "Enter":
      return acceptProposal(session, page) || zoomToSelection(page, session);
    case "Escape":
      if (page.model.state.proposal !== null) rejectProposal(session);
      else if (page.model.state.samples.open !== null)
        session.dispatch({ type: "samples", samples: { open: null } });
      else if (selection.kind !== "none") session.dispatch({ type: "clearSelection" });
      else if (viewport !== null) session.dispatch({ type: "viewport", viewport: null });
      else return false;
      return true;
  }
  const part = ({ a: "both", p: "tp", m: "fp", n: "fn" } as const)[key];
  if (part === undefined || selection.kind !== "groups") return false;
  session.dispatch({ type: "selectPart", part });
  return true;
}

function stepAlong({ line, result, manifest }: Page, session: Session, by: number): boolean {
  const at = line.stops.findIndex((one) => one.name === result.name);
  const next = line.stops[at + by];
  if (next) session.dispatch(stopAction(manifest, line.axis, next));
  return true;
}

function editBranches(session: Session, use: KeyUse, what: GroupEdit): boolean {
  if (session.page.get()?.model.state.side !== "branches") use.showSide("branches");
  deskOf(session).refusal = changeGroups(session, what);
  return true;
}

function pinFocused({ model }: Page, session: Session): boolean {
  const node = focusedNode(model, session.hover.get());
  if (node <= 0) return false;
  togglePin(model, node, session.dispatch);
  return true;
}

function zoomToSelection(page: Page, session: Session): boolean {
  const { tree, cells, state } = page.model;
  if (state.selection.kind !== "groups") return false;
  const nodes = state.selection.nodes.map((wire) => tree.nodeOfWire[wire]);
  const start = Math.min(...nodes.map((node) => tree.start[node]));
  const stop = Math.max(...nodes.map((node) => tree.stop[node]));
  session.dispatch({ type: "viewport", viewport: zoomTo(start, stop, cells.nClasses) });
  return true;
}
