/**
 * The part of every name before its first comma, where no other class begins the same: WordNet lists synonyms
 * ("goldfish, Carassius auratus"). A name whose beginning is not unique stays whole.
 */
export function shortNames(names: readonly string[]): readonly string[] {
  const heads = names.map((name) => name.split(/,\s/, 1)[0]?.trim() ?? "");
  const uses = new Map<string, number>();
  for (const head of heads) uses.set(head, (uses.get(head) ?? 0) + 1);
  return names.map((name, at) => {
    const head = heads[at] as string;
    return head !== "" && uses.get(head) === 1 ? head : name;
  });
}
