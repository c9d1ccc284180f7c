const MOST_LETTERS = 128;
const MOST_BYTES = 240;

/** Why what is saved cannot have this name, in one sentence; null when it can. The server decides in the same way. */
export function nameProblem(name: string, what = "the hierarchy"): string | null {
  if (name === "") return `Give ${what} a name.`;
  if ([...name].length > MOST_LETTERS) return `A name has at most ${MOST_LETTERS} characters.`;
  if (/^[ .@=+-]/.test(name)) return "A name begins with a letter, a digit or _.";
  if (/ $/.test(name)) return "A name does not end with a space.";
  const wrong = [...name].find((letter) => !/[\p{L}\p{N}_ .@=+-]/u.test(letter));
  if (wrong !== undefined) return `A name has letters, digits, spaces and _ . @ = + - only, not “${wrong}”.`;
  if (new TextEncoder().encode(name).length > MOST_BYTES) return `A name has at most ${MOST_BYTES} bytes.`;
  return null;
}

/** A name for what was made from a hierarchy: the method when one step made it all, else "BASE-edited". */
export function suggestedName(base: string, methodOfAll: string | null, taken: readonly string[]): string {
  const wanted = methodOfAll ?? (base.endsWith("-edited") ? base : `${base}-edited`);
  let name = wanted;
  for (let n = 2; taken.includes(name); n++) name = `${wanted}-${n}`;
  return nameProblem(name) === null ? name : "edited";
}
