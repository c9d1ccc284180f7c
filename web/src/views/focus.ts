/** Make an element reachable by keyboard and readable: a label, and a line of text that is read out when it changes. */
export function readableBy(element: HTMLElement, label: string): { say(text: string): void; remove(): void } {
  const line = document.createElement("div");
  line.setAttribute("role", "status");
  line.style.cssText =
    "position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%);white-space:nowrap";
  element.append(line);
  element.tabIndex = 0;
  element.setAttribute("role", "application");
  element.setAttribute("aria-label", label);
  if (getComputedStyle(element).position === "static") element.style.position = "relative";
  return {
    say(text) {
      if (line.textContent !== text) line.textContent = text;
    },
    remove() {
      line.remove();
      element.removeAttribute("tabindex");
      element.removeAttribute("role");
      element.removeAttribute("aria-label");
    },
  };
}
