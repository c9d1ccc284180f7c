/** What a tooltip says: a title, a line below it, and rows of name and value. */
export interface Tip {
  readonly title: string;
  readonly note: string;
  readonly rows: readonly (readonly [name: string, value: string, extra?: string])[];
  /** Classes whose typical samples are shown; empty for none. */
  readonly classes: readonly number[];
  /** Samples that are shown themselves, by position in the study; absent for none. */
  readonly samples?: readonly number[];
}
