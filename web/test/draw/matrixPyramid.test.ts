import { describe, expect, it } from "vitest";
import { sampleTiles } from "../../src/draw/matrixPyramid";
import { matrixRaster } from "../../src/draw/matrixRaster";
import { type Axis, axis } from "../../src/layout/frame";
import { pixelShift, type Tiles, tilesAlong } from "../../src/layout/pyramid";
import { randomNumbers } from "../gallery/synthetic";

function randomTiles(nClasses: number, shift: number, share: number): Tiles<Uint8Array> {
  const random = randomNumbers(nClasses);
  const side = tilesAlong(nClasses, shift);
  const value = Uint8Array.from({ length: side * side }, () =>
    random() < share ? 1 + Math.floor(random() * 255) : 0,
  );
  return { shift, side, value };
}

/** Every tile in view gives its level to the pixel in which it begins. */
function bruteRaster(tiles: Tiles<Uint8Array>, columns: Axis, rows: Axis, width: number, height: number) {
  const level = new Uint8Array(width * height);
  const pixelOf = (along: Axis, tile: number) =>
    Math.max(0, Math.floor((tile * 2 ** tiles.shift - along.start) * along.scale));
  for (let row = rows.first >> tiles.shift; row < tiles.side; row++) {
    for (let col = columns.first >> tiles.shift; col < tiles.side; col++) {
      const [x, y] = [pixelOf(columns, col), pixelOf(rows, row)];
      if (x >= width || y >= height) continue;
      const at = y * width + x;
      level[at] = Math.max(level[at], tiles.value[row * tiles.side + col]);
    }
  }
  return level;
}

describe("sampleTiles", () => {
  it.each([
    ["everything", 0, 1000, 0, 1000, 97, 97],
    ["a part off the diagonal", 120.7, 690.2, 401.1, 970.6, 83, 83],
    ["more columns than rows", 0, 1000, 250.5, 1000, 120, 61],
    ["the lower right end", 300.3, 1000, 300.3, 1000, 40, 40],
  ])("gives a pixel the strongest tile that begins in it: %s", (_, x0, x1, y0, y1, width, height) => {
    const columns = axis(x0, x1, width, 1000);
    const rows = axis(y0, y1, height, 1000);
    const shift = pixelShift(Math.max(columns.scale, rows.scale));
    expect(shift).toBeGreaterThan(1);
    const tiles = randomTiles(1000, shift, 0.3);
    const raster = matrixRaster(width, height);
    raster.level.fill(7);
    sampleTiles(raster, tiles, columns, rows);
    expect([...raster.level]).toEqual([...bruteRaster(tiles, columns, rows, width, height)]);
  });

  it("shows a lone cell wherever it lies", () => {
    const along = axis(0, 1000, 50, 1000);
    const shift = pixelShift(along.scale);
    const side = tilesAlong(1000, shift);
    for (const tile of [0, side - 1, side * side - 1, 17 * side + 40]) {
      const value = new Uint8Array(side * side);
      value[tile] = 9;
      const raster = matrixRaster(50, 50);
      sampleTiles(raster, { shift, side, value }, along, along);
      expect([...raster.level].filter((level) => level === 9)).toHaveLength(1);
    }
  });
});
