// The images of a page, decoded when they are first needed. All are on one grid; voxels are counted in RAS order.
import { NVImage } from '@niivue/niivue';
import type { Viewer } from '../../page_data';
import type { Triple } from './layout';

export interface Grid {
  dims: Triple;
  extent_mm: Triple;
  toMm: (voxel: Triple) => Triple; // RAS
}

export interface Values {
  at: (voxel: Triple) => number;
  raw: ArrayLike<number>; // RAS order, first axis fastest
  dims: Triple;
}

export interface Images {
  t1w: (visit: number) => Promise<NVImage>;
  tissues: (visit: number) => Promise<NVImage>;
  change: (change: number) => Promise<NVImage>;
  brainValues: (visit: number) => Promise<Values>;
  tissueValues: (visit: number) => Promise<Values>;
  changeValues: (change: number) => Promise<Values>;
  measuredValues: (change: number) => Promise<Values>;
}

// White matter is near 160 in all visits' images; this shows it bright and leaves fat and vessels white.
export const firstWindow = { low: 10, high: 210 };

function once<Result>(make: (index: number) => Promise<Result>): (index: number) => Promise<Result> {
  const made = new Map<number, Promise<Result>>();
  return (index) => {
    const found = made.get(index) ?? make(index);
    made.set(index, found);
    return found;
  };
}

function decode(base64: string, name: string, low: number, high: number): Promise<NVImage> {
  return NVImage.loadFromBase64({ base64, name: `${name}.nii.gz`, cal_min: low, cal_max: high });
}

function valuesOf(image: NVImage): Values {
  const raw = image.img2RAS() as unknown as ArrayLike<number>;
  const dims = image.dimsRAS!.slice(1, 4) as Triple;
  const slope = image.hdr?.scl_slope || 1;
  const offset = image.hdr?.scl_inter || 0;
  const at = ([i, j, k]: Triple) => (raw[i + dims[0] * (j + dims[1] * k)] ?? 0) * slope + offset;
  return { at, raw, dims };
}

export function openImages(viewer: Viewer): Images {
  const t1w = once((visit) => decode(viewer.visits[visit]!.t1w, `t1w-${visit}`, firstWindow.low, firstWindow.high));
  const tissues = once((visit) => decode(viewer.visits[visit]!.tissues, `tissues-${visit}`, 0, 3));
  const change = once((index) => decode(viewer.changes[index]!.map, `change-${index}`, 0, 1));
  const brain = once((visit) => decode(viewer.visits[visit]!.brain, `brain-${visit}`, 0, 1));
  const measured = once((index) => decode(viewer.changes[index]!.measured, `measured-${index}`, 0, 1));
  return {
    t1w,
    tissues,
    change,
    brainValues: once(async (visit) => valuesOf(await brain(visit))),
    tissueValues: once(async (visit) => valuesOf(await tissues(visit))),
    changeValues: once(async (index) => valuesOf(await change(index))),
    measuredValues: once(async (index) => valuesOf(await measured(index))),
  };
}

export function gridOf(image: NVImage): Grid {
  const dims = image.dimsRAS!.slice(1, 4) as Triple;
  const spacing = image.pixDimsRAS!.slice(1, 4) as Triple;
  const m = image.matRAS! as unknown as number[]; // row by row
  const row = (r: number, [i, j, k]: Triple) => m[4 * r]! * i + m[4 * r + 1]! * j + m[4 * r + 2]! * k + m[4 * r + 3]!;
  return {
    dims,
    extent_mm: dims.map((n, axis) => n * spacing[axis]!) as Triple,
    toMm: (voxel) => [row(0, voxel), row(1, voxel), row(2, voxel)],
  };
}

// The middle of a mask: where a viewer opens.
export function middleOf(mask: Values): Triple {
  const [nx, ny] = mask.dims;
  const sum = [0, 0, 0];
  let count = 0;
  for (let index = 0; index < mask.raw.length; index++) {
    if (!mask.raw[index]) continue;
    sum[0]! += index % nx;
    sum[1]! += Math.floor(index / nx) % ny;
    sum[2]! += Math.floor(index / (nx * ny));
    count++;
  }
  if (count === 0) return mask.dims.map((n) => Math.floor(n / 2)) as Triple;
  return sum.map((total) => Math.round(total / count)) as Triple;
}

// Where the mean change of a small neighborhood, all of it measured, is least (sign −1) or greatest (sign 1). A single
// voxel would be the place of the most noise.
export function strongest(change: Values, measured: Values, sign: -1 | 1, radius: number): Triple | null {
  const [nx, ny, nz] = change.dims;
  const width = 2 * radius + 1;
  const plane = nx * ny;
  let best: Triple | null = null;
  let most = -Infinity;
  for (let k = radius; k < nz - radius; k += radius)
    for (let j = radius; j < ny - radius; j += radius)
      for (let i = radius; i < nx - radius; i += radius) {
        if (!measured.raw[i + nx * j + plane * k]) continue;
        let sum = 0;
        let seen = 0;
        for (let c = -radius; c <= radius; c++)
          for (let b = -radius; b <= radius; b++)
            for (let a = -radius; a <= radius; a++) {
              const index = i + a + nx * (j + b) + plane * (k + c);
              if (!measured.raw[index]) continue;
              sum += change.raw[index]!;
              seen++;
            }
        const mean = (sign * sum) / seen;
        if (seen > 0.8 * width ** 3 && mean > most) {
          most = mean;
          best = [i, j, k];
        }
      }
  return best;
}
