import { expect, it } from "vitest";
import { type LeafPoint, simplifyLasso } from "../../src/layout/lasso";
import { randomNumbers } from "../gallery/synthetic";

function areaOf(path: readonly LeafPoint[]): number {
  let twice = 0;
  path.forEach(([x, y], at) => {
    const [nextX, nextY] = path[(at + 1) % path.length];
    twice += x * nextY - nextX * y;
  });
  return Math.abs(twice) / 2;
}

const circle = (n: number, noise: () => number): LeafPoint[] =>
  Array.from({ length: n }, (_, i) => {
    const angle = (2 * Math.PI * i) / n;
    const radius = 50 + 0.2 * noise();
    return [100 + radius * Math.cos(angle), 80 + radius * Math.sin(angle)];
  });

it("keeps the shape in at most so many corners, in the order drawn", () => {
  const path = circle(900, randomNumbers(3));
  const corners = simplifyLasso(path, 64, 0);
  expect(corners).toHaveLength(64);
  expect(Math.abs(areaOf(corners) / areaOf(path) - 1)).toBeLessThan(0.01);
  const places = corners.map((corner) => path.indexOf(corner));
  expect(places).toEqual([...places].sort((a, b) => a - b));
});

it("drops what spans no area, and keeps a triangle", () => {
  const square: LeafPoint[] = [
    [0, 0],
    [5, 0],
    [5, 0],
    [10, 0],
    [10, 10],
    [10.01, 10.01],
    [0, 10],
  ];
  const corners = simplifyLasso(square, 64, 0.5);
  expect(corners).toHaveLength(4);
  expect(areaOf(corners)).toBeCloseTo(100, 0);
  expect(simplifyLasso(square.slice(0, 4), 64, 100)).toHaveLength(3);
});
