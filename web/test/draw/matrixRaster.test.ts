import { describe, expect, it } from "vitest";
import { cellLut } from "../../src/draw/colourMaps";
import { colouriseWithHalo, hasHalo, matrixRaster, sampleCells } from "../../src/draw/matrixRaster";
import { haloLut, mix, pack, type Rgb, theme, unpack } from "../../src/draw/palette";
import { type Axis, axis } from "../../src/layout/frame";
import { type MatrixScene, paletteLevel } from "../../src/layout/matrix";
import { randomNumbers } from "../gallery/synthetic";

/** A scene of C classes from (row, col, level) triples. */
function sceneOf(nClasses: number, filled: readonly (readonly [number, number, number])[]): MatrixScene {
  const sorted = [...filled].sort((a, b) => a[0] - b[0] || a[1] - b[1]);
  const rowStart = new Int32Array(nClasses + 1);
  for (const [row] of sorted) rowStart[row + 1]++;
  for (let row = 0; row < nClasses; row++) rowStart[row + 1] += rowStart[row];
  return {
    order: {
      nClasses,
      rowStart,
      col: Int32Array.from(sorted, ([, col]) => col),
      cell: Int32Array.from(sorted, (_, i) => i),
    },
    level: Uint8Array.from(sorted, ([, , level]) => level),
  };
}

function randomScene(nClasses: number, share: number): MatrixScene {
  const random = randomNumbers(nClasses);
  const filled: [number, number, number][] = [];
  for (let row = 0; row < nClasses; row++) {
    for (let col = 0; col < nClasses; col++) {
      if (random() < share) filled.push([row, col, 1 + Math.floor(random() * 255)]);
    }
  }
  return sceneOf(nClasses, filled);
}

describe("sampleCells", () => {
  const scene = randomScene(60, 0.2);
  const levelAt = (row: number, col: number) => {
    for (let i = scene.order.rowStart[row]; i < scene.order.rowStart[row + 1]; i++) {
      if (scene.order.col[i] === col) return scene.level[i];
    }
    return 0;
  };

  it("shows every pixel's cell where cells are larger than pixels", () => {
    const size = 301;
    const along = axis(7.25, 52.5, size, 60);
    const raster = matrixRaster(size, size);
    sampleCells(raster, scene, along, along, 0);
    const leafOf = (pixel: number) => {
      let leaf = along.first;
      while (Math.round((leaf + 1 - along.start) * along.scale) <= pixel) leaf++;
      return leaf;
    };
    for (let y = 0; y < size; y += 3) {
      for (let x = 0; x < size; x += 3)
        expect(raster.level[y * size + x]).toBe(levelAt(leafOf(y), leafOf(x)));
    }
  });

  it("keeps the strongest of the cells that share a pixel, and loses none", () => {
    const check = (columns: Axis, rows: Axis, width: number, height: number) => {
      const expected = new Uint8Array(width * height);
      for (let row = rows.first; row < rows.last; row++) {
        for (let col = columns.first; col < columns.last; col++) {
          const x = Math.floor((col - columns.start) * columns.scale);
          const y = Math.floor((row - rows.start) * rows.scale);
          if (x < 0 || y < 0) continue;
          expected[y * width + x] = Math.max(expected[y * width + x], levelAt(row, col));
        }
      }
      const raster = matrixRaster(width, height);
      sampleCells(raster, scene, columns, rows, 0);
      expect([...raster.level]).toEqual([...expected]);
    };
    check(axis(0, 60, 17, 60), axis(0, 60, 23, 60), 17, 23);
    check(axis(5.5, 45.5, 13, 60), axis(20, 60, 13, 60), 13, 13);
  });

  it("leaves a gap between large cells", () => {
    const along = axis(0, 3, 30, 3);
    const raster = matrixRaster(30, 30);
    sampleCells(raster, sceneOf(3, [[1, 1, 9]]), along, along, 1);
    expect(raster.level.reduce((sum, level) => sum + Number(level === 9), 0)).toBe(81);
    expect(raster.level[10 * 30 + 10]).toBe(9);
    expect(raster.level[10 * 30 + 19]).toBe(0);
  });
});

describe("halo", () => {
  // METHODS §7.2: 5 × 5 cells of one pixel, 100 at (1,1), 10 at (1,3), 1 at (4,4), logarithmic.
  const light: Rgb = [222, 235, 247];
  const dark: Rgb = [8, 48, 107];
  const lut = new Uint32Array(256);
  lut[0] = pack([255, 255, 255]);
  for (let level = 1; level < 256; level++) lut[level] = pack(mix(light, dark, (level - 1) / 254));
  const level = (count: number) => paletteLevel(Math.log(count) / Math.log(100));
  const scene = sceneOf(5, [
    [1, 1, level(100)],
    [1, 3, level(10)],
    [4, 4, level(1)],
  ]);
  const along = axis(0, 5, 5, 5);
  const raster = matrixRaster(5, 5);
  sampleCells(raster, scene, along, along, 0);
  const out = new Uint32Array(25);
  colouriseWithHalo(raster, lut, haloLut(lut), out);

  it.each([
    [1, 1, [8, 48, 107]],
    [1, 3, [115, 141.5, 177]],
    [4, 4, [222, 235, 247]],
    [1, 2, [180.9, 192.9, 210.6]],
    [1, 4, [213, 221, 231.6]],
    [3, 0, [255, 255, 255]],
  ])("gives the worked colour at (%i, %i)", (row, col, expected) => {
    const colour = unpack(out[row * 5 + col]);
    for (let c = 0; c < 3; c++) expect(Math.abs(colour[c] - expected[c])).toBeLessThanOrEqual(0.6);
  });

  it("lies one pixel around cells of several pixels and ends at the border", () => {
    const wide = axis(0, 2, 6, 2);
    const big = matrixRaster(6, 6);
    sampleCells(big, sceneOf(2, [[0, 0, 255]]), wide, wide, 0);
    const colours = new Uint32Array(36);
    colouriseWithHalo(big, lut, haloLut(lut), colours);
    const halo = haloLut(lut)[255];
    expect(colours.filter((colour) => colour === lut[255])).toHaveLength(9);
    expect(colours.filter((colour) => colour === halo)).toHaveLength(7);
    expect(colours[3]).toBe(halo);
    expect(colours[4]).toBe(lut[0]);
  });

  it("takes the background of the night, and ends at cells of four pixels", () => {
    const night = cellLut("viridis", true);
    const mixed = mix(theme(true).background, unpack(night[200]), 0.3).map(Math.round);
    expect(unpack(haloLut(night)[200])).toEqual(mixed);
    expect([1, 3.99, 4, 5].map(hasHalo)).toEqual([true, true, false, false]);
  });
});
