import { describe, expect, it } from "vitest";
import { sortChildren } from "../../src/core/hierarchy";
import { axis } from "../../src/layout/frame";
import { type MatrixScene, orderCells } from "../../src/layout/matrix";
import {
  coarserMaxima,
  drawnShift,
  hitTile,
  MatrixPyramid,
  pixelShift,
  tileAround,
  tileMaxima,
  tilesAlong,
  tileTotals,
} from "../../src/layout/pyramid";
import { randomNumbers, syntheticStudy } from "../gallery/synthetic";

/** A random matrix in a random order, and the same as dense arrays in leaf order; the diagonal is hidden. */
function study(nClasses: number, nSamples: number, seed: number) {
  const { tree: wireTree, cells } = syntheticStudy(nClasses, nSamples, seed);
  const random = randomNumbers(seed + 100);
  const key = Float64Array.from({ length: wireTree.nNodes }, random);
  const tree = sortChildren(wireTree, key, false);
  const order = orderCells(tree, cells);
  const level = new Uint8Array(order.cell.length);
  const dense = { level: new Uint8Array(nClasses ** 2) };
  for (let row = 0; row < nClasses; row++) {
    for (let i = order.rowStart[row]; i < order.rowStart[row + 1]; i++) {
      if (order.col[i] === row || random() < 0.1) continue;
      level[i] = 1 + Math.floor(random() * 255);
      dense.level[row * nClasses + order.col[i]] = level[i];
    }
  }
  const scene: MatrixScene = { order, level };
  return { tree, cells, order, scene, dense };
}

function bruteTiles(dense: ArrayLike<number>, nClasses: number, shift: number) {
  const side = Math.ceil(nClasses / 2 ** shift);
  const most = new Array<number>(side * side).fill(0);
  for (let row = 0; row < nClasses; row++) {
    for (let col = 0; col < nClasses; col++) {
      const tile = Math.floor(row / 2 ** shift) * side + Math.floor(col / 2 ** shift);
      most[tile] = Math.max(most[tile] as number, dense[row * nClasses + col] as number);
    }
  }
  return { side, most };
}

describe.each([
  [1, 5],
  [3, 40],
  [37, 400],
  [100, 3000],
  [129, 2500],
])("tiles of %i classes", (nClasses, nSamples) => {
  const { tree, cells, order, scene, dense } = study(nClasses, nSamples, nClasses);
  const top = Math.ceil(Math.log2(nClasses)) + 1;

  it("hold the maximum of their cells at every level, ragged ends included", () => {
    for (let shift = 0; shift <= top; shift++) {
      const strongest = bruteTiles(dense.level, nClasses, shift);
      const maxima = tileMaxima(scene, shift);
      expect(maxima.side).toBe(strongest.side);
      expect([...maxima.value]).toEqual(strongest.most);
    }
  });

  it("are the same from finer tiles as from the cells", () => {
    let maxima = tileMaxima(scene, 0);
    for (let shift = 1; shift <= top; shift++) {
      maxima = coarserMaxima(maxima, nClasses);
      expect(maxima).toEqual(tileMaxima(scene, shift));
    }
  });

  it("add up to all errors at every level, and at the top in one tile", () => {
    const nErrors = cells.count.reduce((sum, n, j) => sum + (cells.true[j] === cells.pred[j] ? 0 : n), 0);
    for (let shift = 2; shift <= top; shift++) {
      const side = tilesAlong(nClasses, shift);
      let sum = 0;
      for (let tile = 0; tile < side * side; tile++) {
        const around = tileAround(order, Math.floor(tile / side) << shift, (tile % side) << shift, shift);
        sum += tileTotals(tree, cells, cells.count, 1, false, around)?.sum ?? 0;
      }
      expect(sum).toBe(nErrors);
    }
    expect(tilesAlong(nClasses, top)).toBe(1);
  });

  it("fill buffers that held something else", () => {
    for (let shift = 0; shift <= top; shift++) {
      const length = tilesAlong(nClasses, shift) ** 2;
      const maxima = tileMaxima(scene, shift, new Uint8Array(length).fill(255));
      expect(maxima).toEqual(tileMaxima(scene, shift));
    }
  });
});

describe("a tile's totals", () => {
  const nClasses = 53;
  const { tree, cells, order } = study(nClasses, 900, 8);

  it.each([
    [1, true],
    [1, false],
    [3, true],
    [3, false],
  ])("count the cells of at least %i samples, diagonal %s", (minCount, diagonal) => {
    for (const shift of [0, 2, 3, 6]) {
      for (const [row, col] of [
        [0, 0],
        [17, 30],
        [52, 5],
        [52, 52],
      ] as const) {
        const tile = tileAround(order, row, col, shift);
        let expected = { sum: 0, nCells: 0, most: 0, row: -1, col: -1 };
        for (let r = tile.rows.start; r < tile.rows.stop; r++) {
          for (let i = order.rowStart[r]; i < order.rowStart[r + 1]; i++) {
            const [c, n] = [order.col[i], cells.count[order.cell[i]]];
            if (c < tile.cols.start || c >= tile.cols.stop || n < minCount || (c === r && !diagonal))
              continue;
            expected = { ...expected, sum: expected.sum + n, nCells: expected.nCells + 1 };
            if (n > expected.most) expected = { ...expected, most: n, row: r, col: c };
          }
        }
        const found = tileTotals(tree, cells, cells.count, minCount, diagonal, tile);
        expect(found).toEqual(expected.nCells === 0 ? null : expected);
      }
    }
  });

  it("leave out cells that a filter has emptied", () => {
    const none = new Int32Array(cells.count.length);
    const all = tileAround(order, 0, 0, 6);
    expect(tileTotals(tree, cells, none, 1, true, all)).toBeNull();
    expect(tileTotals(tree, cells, cells.count, 1, true, all)?.sum).toBe(cells.nSamples);
  });
});

describe("the tiles of a zoom level", () => {
  it("fit into a pixel, and the next larger ones do not", () => {
    for (const scale of [7, 1, 0.9, 0.5, 0.4999, 0.0366, 1 / 16, 1 / 1024]) {
      const size = 2 ** pixelShift(scale);
      expect(size === 1 || size * scale <= 1).toBe(true);
      expect(2 * size * scale).toBeGreaterThan(1);
    }
  });

  it("are single cells as soon as a pixel holds at most one, and where tiles would be too many", () => {
    expect(drawnShift(1, 21_841)).toBe(0);
    expect(drawnShift(0.51, 1000)).toBe(0);
    expect(drawnShift(0.5, 1000)).toBe(1);
    expect(drawnShift(800 / 21_841, 21_841)).toBe(4);
    expect(drawnShift(0.25, 21_841)).toBe(0);
  });

  it("follow the scene they are asked for", () => {
    const a = study(37, 400, 1).scene;
    const b = study(37, 300, 2).scene;
    const pyramid = new MatrixPyramid();
    for (const [scene, shift] of [
      [a, 3],
      [a, 2],
      [a, 3],
      [a, 4],
      [b, 4],
      [b, 3],
      [a, 3],
    ] as const) {
      expect(pyramid.strongest(scene, shift)).toEqual(tileMaxima(scene, shift));
    }
  });

  it("are made once for a scene", () => {
    const { scene } = study(37, 400, 1);
    const pyramid = new MatrixPyramid();
    const made = pyramid.strongest(scene, 2);
    pyramid.strongest(scene, 3);
    expect(pyramid.strongest(scene, 2)).toBe(made);
  });
});

describe("hitTile", () => {
  const nClasses = 200;
  const { scene, order, dense } = study(nClasses, 500, 4);

  it("gives the strongest cell of the nearest tile that shows one", () => {
    const columns = axis(3.5, 190, 40, nClasses);
    const rows = axis(0, 200, 40, nClasses);
    const shift = pixelShift(Math.max(columns.scale, rows.scale));
    const side = tilesAlong(nClasses, shift);
    const { value } = tileMaxima(scene, shift);
    const random = randomNumbers(3);
    let nFilled = 0;
    for (let trial = 0; trial < 300; trial++) {
      const [x, y] = [random() * 40, random() * 40];
      const hit = hitTile(scene, columns, rows, x, y, 2);
      const tileRow = Math.floor(rows.start + y / rows.scale) >> shift;
      const tileCol = Math.floor(columns.start + x / columns.scale) >> shift;
      if (hit === null) throw new Error("inside the plot");
      let expected = Number.POSITIVE_INFINITY;
      let strength = 0;
      for (let tile = 0; tile < value.length; tile++) {
        if (value[tile] === 0) continue;
        const distance = (Math.floor(tile / side) - tileRow) ** 2 + ((tile % side) - tileCol) ** 2;
        if (distance > expected || (distance === expected && value[tile] <= strength)) continue;
        [expected, strength] = [distance, value[tile]];
      }
      const reach = 2 / (rows.scale * 2 ** shift);
      expect(hit.filled).toBe(expected <= reach ** 2);
      expect(hit.tile).toEqual(tileAround(order, hit.row, hit.col, shift));
      if (!hit.filled) {
        expect([hit.row >> shift, hit.col >> shift]).toEqual([tileRow, tileCol]);
        continue;
      }
      nFilled++;
      expect(dense.level[hit.row * nClasses + hit.col]).toBe(strength);
      expect(((hit.row >> shift) - tileRow) ** 2 + ((hit.col >> shift) - tileCol) ** 2).toBe(expected);
    }
    expect(nFilled).toBeGreaterThan(50);
    expect(nFilled).toBeLessThan(300);
  });

  it("is null outside the plot", () => {
    const along = axis(0, 200, 40, nClasses);
    expect(hitTile(scene, along, along, -1, 5, 2)).toBeNull();
    expect(hitTile(scene, along, along, 5, 40, 2)).toBeNull();
  });
});
