import { expect, it } from "vitest";
import { paintPartition } from "../../src/draw/matrixBlocks";
import { matrixRaster } from "../../src/draw/matrixRaster";
import { theme } from "../../src/draw/palette";
import { axis, edge } from "../../src/layout/frame";

const background = 7;

function painted(scale: number, filled: (x: number, y: number) => boolean, ratio = 1) {
  const side = 20 * scale;
  const raster = matrixRaster(side, side);
  for (let p = 0; p < side * side; p++) raster.level[p] = Number(filled(p % side, Math.floor(p / side)));
  const out = new Uint32Array(side * side).fill(background);
  const along = axis(0, 20, side, 20);
  paintPartition(out, raster, Int32Array.of(0, 8, 12, 20), along, along, ratio, theme(false));
  return { side, out, at: (x: number, y: number) => out[y * side + x], along };
}

it("outlines every block and draws the lines between them fainter", () => {
  const { side, at, along } = painted(4, () => false);
  const [cut, next] = [edge(along, 8), edge(along, 12)];
  const strong = at(cut - 1, 5);
  const faint = at(cut - 1, side - 5);
  expect(new Set([strong, faint, background]).size).toBe(3);
  for (const [x, y] of [
    [0, 5],
    [5, 0],
    [next - 1, side - 5],
    [side - 1, side - 5],
    [side - 5, side - 1],
  ])
    expect(at(x, y)).toBe(strong);
  expect(at(5, cut - 1)).toBe(strong);
  expect(at(side - 5, cut - 1)).toBe(faint);
  expect(at(5, 5)).toBe(background);
});

it("never paints over small cells, only over the edge of large ones", () => {
  const small = painted(3, () => true);
  expect(small.out.every((colour) => colour === background)).toBe(true);
  const large = painted(10, () => true);
  expect(large.at(79, 30)).not.toBe(background);
  expect(large.at(75, 30)).toBe(background);
});
