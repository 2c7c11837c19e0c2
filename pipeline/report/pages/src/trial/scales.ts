// Encodings that all charts of the trial share.
import type { ChartTheme } from '../shared/chart_theme';
import { noGroup } from './model';

const shapes = [
  'circle',
  'square',
  'triangle-up',
  'diamond',
  'triangle-down',
  'cross',
  'triangle-right',
  'triangle-left',
];

// Each dose group has a color, lowest dose first, and a shape, so that it can be told without color too.
export function groupEncoding(theme: ChartTheme, groups: string[], present: string[], title: string) {
  const hasOthers = present.includes(noGroup);
  const domain = hasOthers ? [...groups, noGroup] : groups;
  const colors = theme.steps(groups.length);
  const range = hasOthers ? [...colors, groups.length === 0 ? theme.accent : theme.soft] : colors;
  const legend = groups.length === 0 ? null : { title, columns: { expr: 'max(1, floor(width / 90))' } };
  return {
    color: { field: 'group', type: 'nominal' as const, scale: { domain, range }, legend },
    shape: {
      field: 'group',
      type: 'nominal' as const,
      scale: { domain, range: domain.map((_, i) => shapes[i % shapes.length] ?? 'circle') },
      legend,
    },
  };
}

// What does not count in the rates is drawn hollow: said by the shape, not by color.
export const notCounted = 'Not in the rates';

// The legend of hollow points; a layer without any has none.
export function hollowFill(theme: ChartTheme) {
  return {
    field: 'counting',
    type: 'nominal' as const,
    scale: { domain: [notCounted], range: [theme.surface] },
    legend: { title: null, symbolStrokeColor: theme.text, symbolType: 'circle' },
  };
}

// Numbers at the axes: no zeros at the end, whatever the steps.
export const plainNumber = { format: '.4~f' };
export const plainDose = { format: ',.6~r' };

// Many lines and error bars on one another hide the points.
export function faintness(count: number): number {
  if (count <= 24) return 0.75;
  return count <= 120 ? 0.4 : 0.15;
}

export function pointSize(count: number): number {
  if (count <= 24) return 75;
  return count <= 120 ? 45 : 18;
}

// No change. Said by the axis, so that it says nothing itself.
export function zeroLine(theme: ChartTheme) {
  return {
    mark: { type: 'rule' as const, color: theme.soft, strokeDash: [2, 3], aria: false },
    data: { values: [{}] },
    encoding: { y: { datum: 0, type: 'quantitative' as const } },
  };
}

// A layer without data has no scale: it is left out.
export function layerOf<Row extends object, Layer extends object>(values: Row[], layer: Layer) {
  return values.length > 0 ? [{ data: { values }, ...layer }] : [];
}

// A little more than the values, and always zero: no change.
export function valueDomain(values: (number | null)[]): [number, number] {
  const known = values.filter((value): value is number => value !== null);
  const low = Math.min(0, ...known);
  const high = Math.max(0, ...known);
  const margin = 0.04 * (high - low || 1);
  return [low - margin, high + margin];
}
