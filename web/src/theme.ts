import { type Cell, cell } from "./state/cell";

export type ThemeChoice = "auto" | "light" | "dark";

const KEY = "classblocks:theme";

/** Light or dark, by the system or by hand; the choice is remembered and set on the element as `data-theme`. */
export interface Theme {
  readonly choice: Cell<ThemeChoice>;
  readonly dark: Pick<Cell<boolean>, "get" | "watch">;
  destroy(): void;
}

/** Make the theme of one mounted app. */
export function createTheme(element: HTMLElement): Theme {
  const system = matchMedia("(prefers-color-scheme: dark)");
  const choice = cell<ThemeChoice>(readChoice());
  const dark = cell(isDark());

  function isDark(): boolean {
    return choice.get() === "auto" ? system.matches : choice.get() === "dark";
  }

  function update(): void {
    dark.set(isDark());
    element.dataset.theme = dark.get() ? "dark" : "light";
  }

  const stop = choice.watch((value) => {
    localStorage.setItem(KEY, value);
    update();
  });
  system.addEventListener("change", update);
  update();
  return {
    choice,
    dark,
    destroy() {
      stop();
      system.removeEventListener("change", update);
    },
  };
}

function readChoice(): ThemeChoice {
  const stored = localStorage.getItem(KEY);
  return stored === "light" || stored === "dark" ? stored : "auto";
}
