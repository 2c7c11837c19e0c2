// The colors and type of charts; the same values as the custom properties in style.css (a chart that is saved as a file
// cannot use those).
import { scheme } from 'vega';
import type { Config } from 'vega-lite';
import type { Theme } from './theme';

export interface ChartTheme {
  name: Theme;
  surface: string;
  text: string;
  soft: string;
  line: string;
  accent: string;
  band: string; // behind the data: reference ranges
  steps: (count: number) => string[]; // ordered colors, lowest first, each to be told from the surface
}

// The part of viridis that stands out from the surface: without its yellow on white, without its violet on black.
const viridisPart: Record<Theme, [number, number]> = { light: [0, 0.68], dark: [0.36, 1] };

function steps(theme: Theme, count: number): string[] {
  const color = scheme('viridis') as (share: number) => string;
  const [from, to] = viridisPart[theme];
  return Array.from({ length: count }, (_, i) => color(count === 1 ? from : from + ((to - from) * i) / (count - 1)));
}

export function chartTheme(name: Theme): ChartTheme {
  const own =
    name === 'light'
      ? { surface: '#ffffff', text: '#17222d', soft: '#4c5a67', line: '#dde3e8', accent: '#0b6470', band: '#8b98a5' }
      : { surface: '#151d24', text: '#e4eaef', soft: '#a6b4c0', line: '#2a3640', accent: '#63c5cf', band: '#6f808e' };
  return { name, ...own, steps: (count) => steps(name, count) };
}

export const chartFont = 'system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif';

// `fontSize` in px: 12 on the screen, less on paper.
export function chartConfig(theme: ChartTheme, fontSize = 12): Config {
  const symbolSize = (fontSize / 12) ** 2 * 70;
  return {
    background: theme.surface,
    font: chartFont,
    padding: { left: 2, right: 8, top: 4, bottom: 2 },
    view: { stroke: null },
    axis: {
      domainColor: theme.line,
      gridColor: theme.line,
      tickColor: theme.line,
      labelColor: theme.soft,
      titleColor: theme.soft,
      labelFontSize: fontSize,
      titleFontSize: fontSize,
      titleFontWeight: 500,
      titlePadding: 8,
      labelPadding: 6,
      domain: false,
      ticks: false,
      tickCount: 6,
    },
    axisX: { grid: false, domain: true, ticks: true },
    axisY: { grid: true },
    legend: {
      labelColor: theme.text,
      titleColor: theme.soft,
      labelFontSize: fontSize,
      titleFontSize: fontSize,
      titleFontWeight: 500,
      orient: 'top',
      direction: 'horizontal',
      offset: 8,
      symbolStrokeWidth: 1.5,
      symbolOpacity: 1,
      symbolSize,
      labelLimit: 260,
      titleLimit: 400,
    },
    text: { color: theme.text, fontSize },
    rule: { color: theme.line },
  };
}
