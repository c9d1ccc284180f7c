import { expect, it } from "vitest";
import { shortNames } from "../../src/core/names";

it("leaves synonyms out", () => {
  expect(shortNames(["goldfish, Carassius auratus", "jay"])).toEqual(["goldfish", "jay"]);
});

it("keeps names whole whose beginning is not unique", () => {
  const cranes = ["crane, bird", "crane, machine", "crow, bird"];
  expect(shortNames(cranes)).toEqual(["crane, bird", "crane, machine", "crow"]);
  expect(shortNames(["sand", "sand, wet"])).toEqual(["sand", "sand, wet"]);
});

it("knows a comma that is part of a word", () => {
  expect(shortNames(["1,5-diene", "10,000", ", odd", ""])).toEqual(["1,5-diene", "10,000", ", odd", ""]);
});

it("gives different names to different classes", () => {
  const names = ["a, b", "a", "a, c", "b, a", "b", "c, a"];
  expect(new Set(shortNames(names)).size).toBe(names.length);
});
