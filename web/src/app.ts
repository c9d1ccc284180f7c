import { mount as mountComponent, unmount } from "svelte";
import App from "./App.svelte";
import { createSession } from "./session";
import type { Source } from "./source/source";
import { cell } from "./state/cell";
import { fromHash, toHash } from "./state/hash";
import { createTheme } from "./theme";
import "./style/base.css";
import "./style/controls.css";
import "./style/layout.css";

const HASH_DELAY_MS = 150;

/** Show a study in `element`. `destroy` releases everything and empties the element. */
export function mount(element: HTMLElement, source: Source): { destroy(): void } {
  const theme = createTheme(element);
  const session = createSession(source, fromHash(location.hash), theme.dark.get());
  const stopTheme = theme.dark.watch((dark) => session.dark.set(dark));
  const written = cell(location.hash.replace(/^#/, ""));
  let timer: ReturnType<typeof setTimeout> | undefined;

  function writeHash(): void {
    clearTimeout(timer);
    timer = setTimeout(() => {
      const hash = toHash(session.state.get());
      if (hash === written.get()) return;
      written.set(hash);
      history.replaceState(history.state, "", hash ? `#${hash}` : location.pathname + location.search);
    }, HASH_DELAY_MS);
  }

  function readHash(): void {
    const hash = location.hash.replace(/^#/, "");
    if (hash === written.get()) return;
    written.set(hash);
    session.dispatch({ type: "replace", state: fromHash(hash) });
  }

  const stopState = session.state.watch(writeHash);
  window.addEventListener("hashchange", readHash);
  const component = mountComponent(App, { target: element, props: { session, theme, root: element } });

  return {
    destroy() {
      clearTimeout(timer);
      window.removeEventListener("hashchange", readHash);
      stopState();
      stopTheme();
      void unmount(component);
      session.destroy();
      theme.destroy();
      element.replaceChildren();
    },
  };
}
