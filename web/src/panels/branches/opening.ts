import { branchesOf, choicesOf } from "../../branching";
import type { Session } from "../../session";
import { readAnswer } from "../../source/answers";

/** Show saved branches on the tree of now; a sentence where that is not possible. */
export async function openSaved(session: Session, name: string): Promise<string | null> {
  const page = session.page.get();
  if (!page) return null;
  const { tree, treeRef } = page.ground;
  try {
    const reply = await session.source.request(
      { view: "branches", name, tree: treeRef },
      { signal: new AbortController().signal },
    );
    if (session.page.get()?.ground.tree !== tree) return null;
    const saved = readAnswer("branches", reply);
    const plan = branchesOf(saved, (at) => saved.weights[at] as number);
    session.dispatch({ type: "branches", branches: { plan: choicesOf(tree, plan), at: 0 } });
    return null;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
