const family = 'system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", sans-serif';
const ellipsis = "…";

/** The page's font at a size in pixels of the context. */
export function font(size: number, weight = 400): string {
  return `${weight} ${size}px ${family}`;
}

/** No more of a name is measured or drawn: names may have thousands of letters. */
const LONGEST = 256;

/** The first `length` UTF-16 units, one less where that would cut a letter in two. */
export function beginning(text: string, length: number): string {
  const last = text.charCodeAt(length - 1);
  const isHalf = last >= 0xd800 && last < 0xdc00 && length < text.length;
  return text.slice(0, isHalf ? length - 1 : length);
}

/** Shortens texts to a width; remembers what it measured. One per view. */
export class TextFitter {
  private readonly widths = new Map<string, number>();

  /** The text, or its beginning and an ellipsis; empty where less than three letters fit. The font must be set. */
  fit(context: CanvasRenderingContext2D, text: string, width: number): string {
    if (text.length <= LONGEST && this.measure(context, text) <= width) return text;
    let low = 0;
    let high = Math.min(LONGEST, text.length);
    while (low < high) {
      const middle = (low + high + 1) >>> 1;
      if (this.measure(context, beginning(text, middle) + ellipsis) <= width) low = middle;
      else high = middle - 1;
    }
    return low < 3 ? "" : beginning(text, low).trimEnd() + ellipsis;
  }

  measure(context: CanvasRenderingContext2D, text: string): number {
    const key = `${context.font}\n${text}`;
    let width = this.widths.get(key);
    if (width === undefined) {
      if (this.widths.size > 20_000) this.widths.clear();
      width = context.measureText(text).width;
      this.widths.set(key, width);
    }
    return width;
  }
}
