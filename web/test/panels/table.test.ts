import { describe, expect, it } from "vitest";
import { csvOf } from "../../src/panels/csv";
import { pressHeader, sortRows, type TableColumn, tableRows } from "../../src/panels/table";

interface Row {
  readonly name: string;
  readonly n: number;
}

const columns: readonly TableColumn<Row>[] = [
  { name: "name", title: "", width: "1fr", text: (row) => row.name, value: (row) => row.name },
  { name: "n", title: "", width: "40px", text: (row) => String(row.n), value: (row) => row.n },
];
const rows = [
  { name: "b", n: 2 },
  { name: "a", n: Number.NaN },
  { name: "c", n: 1 },
  { name: "d", n: 2 },
];
const names = (column: number, descending: boolean) =>
  sortRows(rows, columns, { column, descending })
    .map((row) => row.name)
    .join("");

describe("sorting", () => {
  it("is stable, with what is undefined last both ways", () => {
    expect(names(1, false)).toBe("cbda");
    expect(names(1, true)).toBe("bdca");
    expect(names(0, false)).toBe("abcd");
    expect(sortRows(rows, columns, null)).toBe(rows);
  });

  it("starts with the largest number or the first name, then turns round", () => {
    const first = pressHeader(columns, null, 1, rows[0]);
    expect(first).toEqual({ column: 1, descending: true });
    expect(pressHeader(columns, first, 1, rows[0])).toEqual({ column: 1, descending: false });
    expect(pressHeader(columns, first, 0, rows[0])).toEqual({ column: 0, descending: false });
  });
});

it("fields of CSV are quoted where they must be, undefined ones are empty", () => {
  const names_ = [
    { name: 'goldfish, "carp"', n: Number.NaN },
    { name: "two\nlines", n: 0.5 },
  ];
  expect(csvOf(["name", "n"], tableRows(names_, columns))).toBe(
    'name,n\r\n"goldfish, ""carp""",\r\n"two\nlines",0.5',
  );
});
