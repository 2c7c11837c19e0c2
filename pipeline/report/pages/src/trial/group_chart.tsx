import { useCallback, useMemo } from 'preact/hooks';
import type { TopLevelSpec } from 'vega-lite';
import type { Measure } from '../page_data';
import { Chart } from '../shared/chart';
import type { ChartTheme } from '../shared/chart_theme';
import { type Column, DataTable } from '../shared/data_table';
import { measureNames, number, percentPerYear, prettyUnit, signed } from '../shared/format';
import {
  groupLabels,
  groupMeans,
  type GroupRow,
  groupTitle,
  rateInWords,
  type RateRow,
  rates,
  references,
  referenceSource,
} from './model';
import type { Trial } from './report';
import { groupEncoding, layerOf, plainNumber, valueDomain, zeroLine } from './scales';

// Above this many, the participants behind a mean are one dark band.
const mostParticipantsDrawn = 200;

function referenceBands() {
  return references.map((one) => ({
    low: one.percent_per_year - one.standard_deviation,
    high: one.percent_per_year + one.standard_deviation,
    middle: one.percent_per_year,
    reference: `${one.name} ${signed(one.percent_per_year)} ± ${number(one.standard_deviation, 2)}`,
  }));
}

const bandColors = { light: ['#3b7dd8', '#d17a00'], dark: ['#7fb0f5', '#f0a848'] };

function specOf(
  rows: GroupRow[],
  points: RateRow[],
  groups: string[],
  title: string,
  measure: Measure,
  theme: ChartTheme,
): TopLevelSpec {
  const bands = measure === 'brain' ? referenceBands() : [];
  const values = rows
    .filter((row) => row.mean !== null)
    .map((row) => ({
      ...row,
      words: rateInWords({ percent_per_year: row.mean ?? 0, low: row.low, high: row.high }),
    }));
  const ticks = points.map((row) => ({ ...row, rate: rateInWords(row) }));
  const { color, shape } = groupEncoding(theme, groups, [], title);
  const plain = { ...color, legend: null };
  const x = {
    field: 'group',
    type: 'nominal' as const,
    title,
    scale: { domain: groups, padding: 0.5 },
    axis: { labelAngle: 0, labelOverlap: false, labelExpr: "split(datum.label, ': ')", labelLimit: 120 },
  };
  const y = {
    type: 'quantitative' as const,
    title: `Mean change in ${measureNames[measure]} volume (% per year)`,
    axis: plainNumber,
    scale: {
      domain: valueDomain([
        ...rows.flatMap((row) => [row.low, row.high, row.mean]),
        ...points.map((point) => point.percent_per_year),
        ...bands.map((band) => band.low),
      ]),
      nice: true,
    },
  };
  const bandColor = {
    field: 'reference',
    type: 'nominal' as const,
    scale: { domain: bands.map((band) => band.reference), range: bandColors[theme.name] },
    legend: {
      title: 'Literature: mean ± SD, % per year',
      orient: 'bottom' as const,
      direction: 'vertical' as const,
      symbolType: 'square',
      symbolOpacity: 0.55,
      labelLimit: 320,
    },
  };
  return {
    width: 'container',
    height: 320,
    autosize: { type: 'fit-x', contains: 'padding' },
    resolve: { scale: { color: 'independent', shape: 'independent' } },
    layer: [
      ...layerOf(bands, {
        mark: { type: 'rect', opacity: 0.16 },
        encoding: { y: { ...y, field: 'low' }, y2: { field: 'high' }, color: bandColor },
      }),
      ...layerOf(bands, {
        mark: { type: 'rule', strokeDash: [6, 3], strokeWidth: 1.25 },
        encoding: { y: { ...y, field: 'middle' }, color: { ...bandColor, legend: null } },
      }),
      zeroLine(theme),
      ...layerOf(ticks, {
        mark: { type: 'tick', thickness: 2, size: 14, opacity: 0.65, xOffset: -17, cursor: 'pointer' },
        encoding: {
          x,
          y: { ...y, field: 'percent_per_year' },
          color: plain,
          href: { field: 'page' },
          tooltip: [
            { field: 'participant_id', title: 'Participant' },
            { field: 'group', title },
            { field: 'rate', title: 'Rate' },
          ],
        },
      }),
      ...layerOf(
        values.filter((row) => row.low !== null),
        {
          mark: { type: 'rule', strokeWidth: 2.5 },
          encoding: { x, y: { ...y, field: 'low' }, y2: { field: 'high' }, color: plain },
        },
      ),
      {
        data: { values },
        mark: { type: 'point', filled: true, size: 120, opacity: 1, stroke: theme.surface, strokeWidth: 1 },
        encoding: {
          x,
          y: { ...y, field: 'mean' },
          color: plain,
          shape: { ...shape, legend: null },
          tooltip: [
            { field: 'group', title },
            { field: 'n', title: 'Participants' },
            { field: 'words', title: 'Mean rate' },
          ],
        },
      },
    ],
  } as TopLevelSpec;
}

export function groupMeanColumns(unit: string | null): Column<GroupRow>[] {
  const rate = (key: 'mean' | 'low' | 'high' | 'median', title: string): Column<GroupRow> => ({
    key,
    title,
    unit: '% per year',
    value: (row) => row[key],
    show: (row) => signed(row[key]),
    numeric: true,
  });
  return [
    { key: 'dose_group', title: 'Group', value: (row) => row.dose_group, heading: true },
    { key: 'dose', title: 'Dose', unit: unit ? prettyUnit(unit) : undefined, value: (row) => row.dose, numeric: true },
    { key: 'n', title: 'n', value: (row) => row.n, numeric: true },
    rate('mean', 'Mean'),
    rate('low', '95 % low'),
    rate('high', '95 % high'),
    {
      key: 'standard_deviation',
      title: 'SD',
      unit: '% per year',
      value: (row) => row.standard_deviation,
      show: (row) => number(row.standard_deviation, 2),
      numeric: true,
    },
    rate('median', 'Median'),
  ];
}

// The means as a table that is always in view and printed.
export function GroupTable({ trial, measure }: { trial: Trial; measure: Measure }) {
  const rows = groupMeans(trial.groups, measure);
  return (
    <DataTable
      label={`Annual rate of ${measureNames[measure]} volume change of each dose group`}
      caption={`Annual rate of ${measureNames[measure]} volume change of each dose group; negative = loss.`}
      columns={groupMeanColumns(trial.doseUnit)}
      rows={rows}
      attributes={(row) => ({ 'data-dose-group': row.dose_group, 'data-measure': measure })}
      tableAttributes={{ 'data-table': 'group-means' }}
    />
  );
}

function inWords(rows: GroupRow[]): string {
  return rows
    .filter((row) => row.mean !== null)
    .map((row) => `${row.group} ${percentPerYear(row.mean)}`)
    .join('; ');
}

export function GroupChart({ trial, measure }: { trial: Trial; measure: Measure }) {
  const rows = useMemo(() => groupMeans(trial.groups, measure), [trial, measure]);
  const groups = useMemo(() => groupLabels(trial), [trial]);
  const points = useMemo(() => {
    const all = rates(trial, measure).filter((row) => groups.includes(row.group));
    return all.length > mostParticipantsDrawn ? [] : all;
  }, [trial, measure, groups]);
  const columns = useMemo(() => groupMeanColumns(trial.doseUnit), [trial]);
  const spec = useCallback(
    (theme: ChartTheme) => specOf(rows, points, groups, groupTitle(trial), measure, theme),
    [rows, points, groups, measure, trial],
  );
  if (rows.every((row) => row.mean === null)) return null;
  return (
    <Chart
      id="group-means"
      title={`Mean annual rate of ${measureNames[measure]} volume change by dose group`}
      note={
        `Symbols: means with 95 % intervals${points.length > 0 ? '; thin ticks: participants' : ''}.` +
        (measure === 'brain'
          ? ` Bands: published whole-brain rates, mean ± SD (${referenceSource.text}), from other scanners and methods.`
          : ' Published reference rates exist for the whole brain only.')
      }
      description={`Chart of group means: annual change in ${measureNames[measure]} volume. ${inWords(rows)}. Negative = loss.`}
      spec={spec}
      columns={columns}
      rows={rows}
      attributes={(row) => ({ 'data-dose-group': row.dose_group, 'data-measure': measure })}
      paperWidth={310}
      paperHeight={140}
    />
  );
}
