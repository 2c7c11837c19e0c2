// How the charts draw what is excluded from the rates: hollow, with a legend, and named in the table of values.
import type { ChartTheme } from '../shared/chart_theme';
import type { Column } from '../shared/data_table';

const words = (counts: boolean): string => (counts ? 'counts' : 'excluded');

interface Kind {
  counts: boolean;
  filter: { filter: string };
}

const kinds: Kind[] = [
  { counts: true, filter: { filter: 'datum.counts' } },
  { counts: false, filter: { filter: '!datum.counts' } },
];

export const onlyCounting = kinds[0]!.filter;

// Layers for what counts and for what does not, each only where there is any.
export function layersByKind<Layer>(rows: readonly { counts: boolean }[], layers: (kind: Kind) => Layer[]): Layer[] {
  return kinds.filter((kind) => rows.some((row) => row.counts === kind.counts)).flatMap(layers);
}

// Of a mark whose color is its edge's where it is hollow.
export const hollow = { filled: false, strokeWidth: 1.75 };

// A layer that draws nothing and has the legend; none where nothing is excluded.
export function excludedLegend(theme: ChartTheme, rows: readonly { counts: boolean }[]) {
  if (rows.every((row) => row.counts)) return [];
  const legend = { title: null, orient: 'bottom' as const, symbolType: 'circle', symbolStrokeColor: theme.soft, symbolOpacity: 1 };
  return [
    {
      data: { values: [true, false].map((counts) => ({ status: words(counts) })) },
      mark: { type: 'point' as const, filled: true, opacity: 0, aria: false },
      encoding: {
        x: { value: 0 },
        y: { value: 0 },
        color: null as unknown as undefined, // not the chart's; the types do not know this null
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

// What was never measured is no exclusion.
export function excludedColumn<Row extends { counts: boolean; is_measured?: boolean }>(): Column<Row> {
  const value = (row: Row) => (row.is_measured === false ? 'not measured' : row.counts ? 'no' : 'yes');
  return { key: 'excluded', title: 'Excluded', value };
}
