import type { FindingInfo } from "../../source/source";

/** Saved views, newest first. */
export function newestFirst(findings: readonly FindingInfo[]): readonly FindingInfo[] {
  return [...findings].sort((a, b) => (a.created === b.created ? 0 : a.created < b.created ? 1 : -1));
}

/** When a view was saved, as people here write it; what is no date stays as it is. */
export function savedAt(created: string): string {
  const date = new Date(created);
  if (Number.isNaN(date.getTime())) return created;
  return date.toLocaleString(undefined, { dateStyle: "medium", timeStyle: "short" });
}

/** The list as JSON for other programs. */
export function exportViews(study: string, findings: readonly FindingInfo[]): string {
  return `${JSON.stringify({ study, views: findings }, null, 2)}\n`;
}
