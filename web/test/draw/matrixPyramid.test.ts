import { describe, expect, it } from "vitest";
import { MatrixSampler, sampleTiles, sumCells } from "../../src/draw/matrixPyramid";
import { matrixRaster } from "../../src/draw/matrixRaster";
import { type Axis, axis } from "../../src/layout/frame";
import type { MatrixScene } from "../../src/layout/matrix";
import { orderCells } from "../../src/layout/matrix";
import { pixelShift, type Tiles, tilesAlong } from "../../src/layout/pyramid";
import { randomNumbers, syntheticStudy } from "../gallery/synthetic";

function randomTiles(nClasses: number, shift: number, share: number): Tiles {
  const random = randomNumbers(nClasses);
  const side = tilesAlong(nClasses, shift);
  const value = Uint8Array.from({ length: side * side }, () =>
    random() < share ? 1 + Math.floor(random() * 255) : 0,
  );
  return { shift, side, value };
}

/** Every tile in view gives its level to the pixel in which it begins. */
function bruteRaster(tiles: Tiles, columns: Axis, rows: Axis, width: number, height: number) {
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

describe("sums of pixels", () => {
  const nClasses = 300;
  const { tree, cells } = syntheticStudy(nClasses, 4000, 11);
  const order = orderCells(tree, cells);
  const random = randomNumbers(1);
  const level = Uint8Array.from(order.cell, () => (random() < 0.2 ? 0 : 1 + Math.floor(random() * 255)));
  const scene: MatrixScene = { order, level };

  function bruteSums(columns: Axis, rows: Axis, size: number): Int32Array {
    const sums = new Int32Array(size * size);
    const pixelOf = (along: Axis, leaf: number) =>
      Math.max(0, Math.floor((leaf - along.start) * along.scale));
    for (let row = rows.first; row < nClasses; row++) {
      for (let i = order.rowStart[row]; i < order.rowStart[row + 1]; i++) {
        if (order.col[i] < columns.first || level[i] === 0) continue;
        const [x, y] = [pixelOf(columns, order.col[i]), pixelOf(rows, row)];
        if (x < size && y < size) sums[y * size + x] += cells.count[order.cell[i]];
      }
    }
    return sums;
  }

  it.each([
    [0, 300, 0, 300, 60],
    [20.3, 170.9, 100.5, 251.1, 50],
  ])("add up the cells that begin in them", (x0, x1, y0, y1, size) => {
    const columns = axis(x0, x1, size, nClasses);
    const rows = axis(y0, y1, size, nClasses);
    const sums = new Int32Array(size * size);
    sumCells(sums, size, size, scene, cells.count, columns, rows);
    expect([...sums]).toEqual([...bruteSums(columns, rows, size)]);
  });

  it("lose no sample when everything is in view", () => {
    const along = axis(0, nClasses, 64, nClasses);
    const sums = new Int32Array(64 * 64);
    sumCells(sums, 64, 64, scene, cells.count, along, along);
    const shown = level.reduce((sum, one, i) => sum + (one > 0 ? cells.count[order.cell[i]] : 0), 0);
    expect(sums.reduce((sum, n) => sum + n, 0)).toBe(shown);
  });

  it("become levels, unless a cell has pixels of its own", () => {
    const sampler = new MatrixSampler();
    const summing = { count: cells.count, levelOf: (n: number) => Math.min(255, n) };
    const far = axis(0, nClasses, 64, nClasses);
    const raster = matrixRaster(64, 64);
    sampler.sample(raster, scene, far, far, 0, summing);
    const expected = bruteSums(far, far, 64);
    expect([...raster.level]).toEqual([...expected].map((n) => Math.min(255, n)));
    const near = axis(10, 42, 64, nClasses);
    sampler.sample(raster, scene, near, near, 0, summing);
    const plain = matrixRaster(64, 64);
    sampler.sample(plain, scene, near, near, 0);
    expect([...raster.level]).toEqual([...plain.level]);
  });
});
