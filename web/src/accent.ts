import { css, theme } from "./draw/palette";

/** The colours that page and canvases share, as CSS variables. */
export function accentCss(dark: boolean): string {
  const { accent, background, ink, muted } = theme(dark);
  return `--accent:${css(accent)};--surface:${css(background)};--ink:${css(ink)};--muted:${css(muted)}`;
}
