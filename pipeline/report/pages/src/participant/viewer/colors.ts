// The colors of local volume change: blue = loss, orange = gain, gray = none. The pair is told apart with every common
// form of color blindness, and both ends are about as bright as each other, so that neither looks stronger.
interface Stop {
  at: number; // −1 … 1: share of the range
  color: [number, number, number];
}

const stops: Stop[] = [
  { at: -1, color: [16, 92, 224] },
  { at: -0.5, color: [74, 148, 244] },
  { at: 0, color: [196, 200, 204] },
  { at: 0.5, color: [242, 158, 70] },
  { at: 1, color: [224, 104, 0] },
];

export const changeMapName = 'wane_change';
export const lossMapName = 'wane_loss';
export const gainMapName = 'wane_gain';
export const tissueColors = { csf: [88, 166, 255], gray_matter: [64, 190, 132], white_matter: [245, 190, 110] } as const;
export const outlineColor = '#ffd84d';

interface ColorMap {
  R: number[];
  G: number[];
  B: number[];
  A: number[];
  I: number[];
}

function colorMap(part: Stop[], indexOf: (at: number) => number, alphaOf: (at: number) => number): ColorMap {
  return {
    R: part.map((stop) => stop.color[0]),
    G: part.map((stop) => stop.color[1]),
    B: part.map((stop) => stop.color[2]),
    A: part.map((stop) => alphaOf(stop.at)),
    I: part.map((stop) => indexOf(stop.at)),
  };
}

// For NiiVue, which draws each sign of an overlay with its own map, from zero outward, and a surface with one map.
export function changeColorMaps(): Record<string, ColorMap> {
  const opaque = () => 255;
  const clearAtZero = (at: number) => (at === 0 ? 0 : 255);
  const outward = (at: number) => Math.round(Math.abs(at) * 255);
  const losses = stops.filter((stop) => stop.at <= 0).reverse();
  const gains = stops.filter((stop) => stop.at >= 0);
  return {
    [changeMapName]: colorMap(stops, (at) => Math.round((at + 1) * 127.5), opaque),
    [lossMapName]: colorMap(losses, outward, clearAtZero),
    [gainMapName]: colorMap(gains, outward, clearAtZero),
  };
}

export function changeGradient(): string {
  const parts = stops.map((stop) => `rgb(${stop.color.join(' ')}) ${(stop.at + 1) * 50}%`);
  return `linear-gradient(to right, ${parts.join(', ')})`;
}

export function cssColor(color: readonly number[]): string {
  return `rgb(${color.join(' ')})`;
}

// Ranges that a person would choose.
export const ranges_percent = [1, 2, 3, 5, 8, 10, 15, 20, 30, 50];

export function rangeFor(extreme_percent: number): number {
  return ranges_percent.find((range) => range >= extreme_percent) ?? ranges_percent[ranges_percent.length - 1]!;
}
