// What a person would see: screenshots as numbers.
import { PNG } from 'pngjs';

// { width, height, data } of an element; data: RGBA, row by row.
export const pixelsOf = async (locator) => PNG.sync.read(await locator.screenshot());

export const brightness = ({ data }, n) => (data[4 * n] + data[4 * n + 1] + data[4 * n + 2]) / 3;

export function shareBrighterThan(limit, picture) {
  let count = 0;
  for (let n = 0; n < picture.width * picture.height; ++n) count += brightness(picture, n) > limit ? 1 : 0;
  return count / (picture.width * picture.height);
}

// A pixel counts as another from so many gray levels of difference in any channel.
const visibleDifference = 12;

// Numbers of the pixels where two pictures of one size differ.
export function differences(one, other) {
  if (one.width !== other.width || one.height !== other.height) throw new Error('The pictures have different sizes.');
  const places = [];
  for (let n = 0; n < one.width * one.height; ++n)
    if ([0, 1, 2].some((c) => Math.abs(one.data[4 * n + c] - other.data[4 * n + c]) > visibleDifference))
      places.push(n);
  return places;
}
