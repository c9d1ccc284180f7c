/** Rows as comma-separated values (RFC 4180), the header first. */
export function csvOf(header: readonly string[], rows: readonly (readonly (string | number)[])[]): string {
  return [header, ...rows].map((row) => row.map(field).join(",")).join("\r\n");
}

/** Put text where it can be pasted, and say so. */
export async function copyText(text: string, what: string, onnote: (text: string) => void): Promise<void> {
  try {
    await navigator.clipboard.writeText(text);
    onnote(`${what} copied`);
  } catch {
    onnote("The browser does not let pages copy here");
  }
}

// Undefined numbers are empty fields. A spreadsheet takes text that begins like a formula for one, and runs it.
function field(value: string | number): string {
  const isFormula = typeof value === "string" && /^[=+\-@\t\r]/.test(value);
  const text = Number.isNaN(value) ? "" : isFormula ? `'${value}` : String(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
