import { expect, it } from "vitest";
import { csvOf } from "../../src/panels/csv";

/** RFC 4180, read character by character. */
function parse(text: string): string[][] {
  const rows: string[][] = [[""]];
  let isQuoted = false;
  for (let at = 0; at < text.length; at++) {
    const row = rows[rows.length - 1];
    const one = text[at];
    if (isQuoted) {
      if (one !== '"') row[row.length - 1] += one;
      else if (text[at + 1] === '"') row[row.length - 1] += text[at++];
      else isQuoted = false;
    } else if (one === '"' && row[row.length - 1] === "") isQuoted = true;
    else if (one === ",") row.push("");
    else if (one === "\r" && text[at + 1] === "\n") {
      rows.push([""]);
      at++;
    } else row[row.length - 1] += one;
  }
  return rows;
}

it("comes back as it was, whatever the names hold", () => {
  const names = ["plain", "a, b", 'say "x"', "two\nlines", "two\r\nlines", "Ärmel 😀", "", " space "];
  const text = csvOf(
    ["name", "n"],
    names.map((name, at) => [name, at]),
  );
  expect(parse(text)).toEqual([["name", "n"], ...names.map((name, at) => [name, String(at)])]);
});

it("gives no spreadsheet a formula to run", () => {
  const names = ["=1+1", "+x", "-x", "@sum", "\tx", "=a,b"];
  const read = parse(
    csvOf(
      ["name"],
      names.map((name) => [name]),
    ),
  );
  expect(read.slice(1).map(([name]) => name)).toEqual(names.map((name) => `'${name}`));
});

it("keeps numbers as they are; undefined ones are empty", () => {
  expect(csvOf(["a", "b", "c"], [[-1.5, Number.NaN, 0]])).toBe("a,b,c\r\n-1.5,,0");
});
