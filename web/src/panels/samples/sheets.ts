import type { Source } from "../../source/source";

export const SHEET_COLUMNS = 12;
const CHUNK = SHEET_COLUMNS * 12;
const KEPT = 24;
const AT_ONCE = 2;

/** Where a thumbnail lies on a sheet, in tiles. */
export interface Tile {
  readonly url: string;
  readonly column: number;
  readonly row: number;
  readonly rows: number;
}

/** Thumbnails of one list of samples, fetched as sheets of neighbours when they come into view. */
export interface Sheets {
  /** Make `samples` the list; what was fetched for another list or size is dropped. */
  list(samples: Int32Array, side: number): void;
  /** The part of the list that is visible. */
  show(start: number, stop: number): void;
  tile(index: number): Tile | null;
  destroy(): void;
}

interface Sheet {
  readonly url: string;
  readonly rows: number;
}

/** Make a sheet loader; `changed` is called when a sheet has arrived or the list is another one. */
export function createSheets(
  source: Pick<Source, "sheet">,
  changed: () => void,
  failed: (error: Error) => void,
): Sheets {
  const ready = new Map<number, Sheet>();
  const flying = new Map<number, AbortController>();
  let samples = new Int32Array(0);
  let side = 0;
  let wanted: number[] = [];

  function clear(): void {
    for (const abort of flying.values()) abort.abort();
    flying.clear();
    for (const sheet of ready.values()) URL.revokeObjectURL(sheet.url);
    ready.clear();
    wanted = [];
  }

  function pump(): void {
    while (flying.size < AT_ONCE) {
      const chunk = wanted.find((one) => !ready.has(one) && !flying.has(one));
      if (chunk === undefined) return;
      const abort = new AbortController();
      flying.set(chunk, abort);
      void load(chunk, abort.signal);
    }
  }

  async function load(chunk: number, signal: AbortSignal): Promise<void> {
    const part = samples.subarray(chunk * CHUNK, (chunk + 1) * CHUNK);
    try {
      const blob = await source.sheet({ samples: [...part], side, columns: SHEET_COLUMNS }, { signal });
      if (signal.aborted) return;
      ready.set(chunk, { url: URL.createObjectURL(blob), rows: Math.ceil(part.length / SHEET_COLUMNS) });
      evict();
      changed();
    } catch (error) {
      if (signal.aborted) return;
      wanted = wanted.filter((one) => one !== chunk);
      failed(error instanceof Error ? error : new Error(String(error)));
    }
    flying.delete(chunk);
    pump();
  }

  function evict(): void {
    for (const [chunk, sheet] of ready) {
      if (ready.size <= KEPT) return;
      if (wanted.includes(chunk)) continue;
      URL.revokeObjectURL(sheet.url);
      ready.delete(chunk);
    }
  }

  return {
    list(next, nextSide) {
      if (nextSide === side && isSame(next, samples)) return;
      clear();
      samples = Int32Array.from(next);
      side = nextSide;
      changed();
    },
    show(start, stop) {
      const first = Math.max(0, Math.floor(start / CHUNK));
      const last = Math.floor((Math.min(stop, samples.length) - 1) / CHUNK);
      wanted = Array.from({ length: Math.max(0, last - first + 1) }, (_, at) => first + at);
      for (const [chunk, abort] of flying) {
        if (wanted.includes(chunk)) continue;
        abort.abort();
        flying.delete(chunk);
      }
      pump();
    },
    tile(index) {
      const sheet = ready.get(Math.floor(index / CHUNK));
      if (!sheet) return null;
      const at = index % CHUNK;
      return {
        url: sheet.url,
        column: at % SHEET_COLUMNS,
        row: Math.floor(at / SHEET_COLUMNS),
        rows: sheet.rows,
      };
    },
    destroy: clear,
  };
}

function isSame(a: Int32Array, b: Int32Array): boolean {
  return a.length === b.length && a.every((value, at) => value === b[at]);
}
