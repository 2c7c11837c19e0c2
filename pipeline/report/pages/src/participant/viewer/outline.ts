// The edge of a mask in a plane, as an SVG path on the stage (marching squares of d3-contour).
import { contours } from 'd3-contour';
import type { Values } from './images';
import { axesOf, type Tile, type Triple } from './layout';

const threshold = 0.5;

// A mask of whole voxels has steps; a mean of 3 × 3 leaves the edge where it is and takes the steps away.
function smoothed(values: Float32Array, width: number, height: number): Float32Array {
  const result = new Float32Array(values.length);
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) {
      let sum = 0;
      for (let b = -1; b <= 1; b++)
        for (let a = -1; a <= 1; a++) {
          const [i, j] = [Math.min(width - 1, Math.max(0, x + a)), Math.min(height - 1, Math.max(0, y + b))];
          sum += values[i + width * j]!;
        }
      result[x + width * y] = sum / 9;
    }
  return result;
}

function slice(mask: Values, tile: Tile, voxel: Triple): { values: Float32Array; width: number; height: number } {
  const { across, down } = axesOf[tile.plane];
  const [width, height] = [mask.dims[across], mask.dims[down]];
  const values = new Float32Array(width * height);
  const place: Triple = [...voxel];
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) {
      place[across] = width - 1 - x;
      place[down] = height - 1 - y;
      values[x + width * y] = mask.at(place) > 0 ? 1 : 0;
    }
  return { values, width, height };
}

export function outlinePath(mask: Values, tile: Tile, voxel: Triple): string {
  const { values, width, height } = slice(mask, tile, voxel);
  const [shape] = contours().size([width, height]).thresholds([threshold])(Array.from(smoothed(values, width, height)));
  if (!shape) return '';
  const { image } = tile;
  const point = ([x, y]: number[]) =>
    `${(image.left + (x! / width) * image.width).toFixed(1)} ${(image.top + (y! / height) * image.height).toFixed(1)}`;
  return shape.coordinates.flatMap((polygon) => polygon.map((ring) => `M${ring.map(point).join('L')}Z`)).join('');
}
