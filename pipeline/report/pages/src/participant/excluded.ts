// How the charts draw what is excluded from the rates: hollow, with a legend, and named in the table of values.
import type { ChartTheme } from '../shared/chart_theme';
import type { Column } from '../shared/data_table';

const words = (counts: boolean): string => (counts ? 'counts' : 'excluded');

export const onlyCounting = { filter: 'datum.counts' };
export const onlyExcluded = { filter: '!datum.counts' };

// Of a point mark; the color of the measure goes to its edge.
export const hollow = (theme: ChartTheme) => ({ filled: false, fill: theme.surface, strokeWidth: 1.75 });

// A layer that draws nothing and has the legend; none where nothing is excluded.
export function excludedLegend(theme: ChartTheme, rows: readonly { counts: boolean }[]) {
  if (rows.every((row) => row.counts)) return [];
  const legend = { title: null, symbolType: 'circle', symbolStrokeColor: theme.soft, symbolOpacity: 1 };
  return [
    {
      data: { values: [true, false].map((counts) => ({ status: words(counts) })) },
      mark: { type: 'point' as const, filled: true, opacity: 0, aria: false },
      encoding: {
        x: { value: 0 },
        y: { value: 0 },
        color: { value: theme.soft },
        fill: {
          field: 'status',
          type: 'nominal' as const,
          scale: { domain: [words(true), words(false)], range: [theme.soft, theme.surface] },
          legend,
        },
      },
    },
  ];
}

export function excludedColumn<Row extends { counts: boolean }>(): Column<Row> {
  return { key: 'excluded', title: 'Excluded', value: (row) => (row.counts ? 'no' : 'yes') };
}
