import { useCallback, useMemo } from 'preact/hooks';
import type { TopLevelSpec } from 'vega-lite';
import type { Measure } from '../page_data';
import { Chart } from '../shared/chart';
import type { ChartTheme } from '../shared/chart_theme';
import type { Column } from '../shared/data_table';
import { days, interval, measureNames, number, percent, plural, signed } from '../shared/format';
import {
  changeInWords,
  changesOverTime,
  type ChangeRow,
  groupLabels,
  groupTitle,
  sidewaysShifts,
  smallestGap,
  timeAxis,
  undated,
} from './model';
import type { Trial } from './report';
import { faintness, groupEncoding, layerOf, pointSize, valueDomain, zeroLine } from './scales';

// Participants seen on the same day are spread over this share of the axis, or of the time between two visits.
const spreadOfAxis = 0.08;
const spreadOfGap = 0.3;

// Whole steps of a calendar.
const tickSteps = { months: [1, 2, 3, 6, 12], years: [0.5, 1, 2, 5, 10] };
const mostTicks = 9;

function ticks(unit: 'months' | 'years', last: number): number[] {
  const step = tickSteps[unit].find((one) => last / one < mostTicks) ?? last;
  return Array.from({ length: Math.floor(last / step + 0.1) + 1 }, (_, i) => i * step);
}

function drawn(rows: ChangeRow[], groups: string[]) {
  const axis = timeAxis(rows);
  const shifts = sidewaysShifts(rows, groups);
  const times = rows.map((row) => row.days / axis.daysPerUnit);
  const spread = Math.min(spreadOfAxis * Math.max(...times), spreadOfGap * smallestGap(times));
  const values = rows.map((row) => ({
    ...row,
    time: row.days / axis.daysPerUnit + (row.days === 0 ? 0 : spread * (shifts.get(row.participant_id) ?? 0)),
    when: `${row.session}, ${days(row.days)} after the first visit`,
    change: changeInWords(row),
  }));
  return { axis, values };
}

function specOf(rows: ChangeRow[], groups: string[], title: string, measure: Measure, theme: ChartTheme): TopLevelSpec {
  const { axis, values } = drawn(rows, groups);
  const people = new Set(rows.map((row) => row.participant_id)).size;
  const { color, shape } = groupEncoding(
    theme,
    groups,
    rows.map((row) => row.group),
    title,
  );
  const x = {
    field: 'time',
    type: 'quantitative' as const,
    title: axis.title,
    scale: { nice: false, padding: 12 },
    axis: { tickCount: mostTicks, values: ticks(axis.unit, Math.max(...values.map((row) => row.time))) },
  };
  const y = {
    field: 'percent',
    type: 'quantitative' as const,
    title: `Change in ${measureNames[measure]} volume (%)`,
    scale: { domain: valueDomain(rows.flatMap((row) => [row.low, row.high, row.percent])), nice: true },
  };
  const tooltip = [
    { field: 'participant_id', title: 'Participant' },
    ...(groups.length > 0 ? [{ field: 'group', title }] : []),
    { field: 'when', title: 'Visit' },
    { field: 'change', title: 'Change' },
  ];
  const hover = {
    name: 'pointed',
    select: { type: 'point', on: 'pointerover', clear: 'pointerout', fields: ['participant_id'] },
  };
  const faint = faintness(people);
  const opacity = (plain: number) => ({ condition: { param: 'pointed', value: plain, empty: true }, value: 0.12 });
  return {
    width: 'container',
    height: 340,
    autosize: { type: 'fit-x', contains: 'padding' },
    data: { values },
    layer: [
      zeroLine(theme),
      {
        mark: { type: 'line', strokeWidth: 1.5 },
        encoding: { x, y, detail: { field: 'participant_id' }, color, opacity: opacity(faint) },
      },
      ...layerOf(
        values.filter((row) => row.low !== null),
        {
          mark: { type: 'rule', strokeWidth: 1.25 },
          encoding: { x, y: { ...y, field: 'low' }, y2: { field: 'high' }, color, opacity: opacity(faint) },
        },
      ),
      {
        params: [hover],
        transform: [{ filter: 'datum.days > 0' }],
        mark: { type: 'point', filled: true, size: pointSize(people), opacity: 1, cursor: 'pointer' },
        encoding: { x, y, color, shape, tooltip, href: { field: 'page' }, opacity: opacity(1) },
      },
    ],
  } as TopLevelSpec;
}

function columnsOf(trial: Trial): Column<ChangeRow>[] {
  return [
    {
      key: 'participant_id',
      title: 'Participant',
      value: (row) => row.participant_id,
      show: (row) => (row.page ? <a href={row.page}>{row.participant_id}</a> : row.participant_id),
      heading: true,
    },
    ...(trial.groups.length > 0
      ? [
          {
            key: 'dose_group',
            title: 'Dose group',
            value: (row: ChangeRow) => row.dose_group,
            show: (row: ChangeRow) => row.group,
          },
        ]
      : []),
    { key: 'session', title: 'Visit', value: (row) => row.session },
    { key: 'days', title: 'Since first visit', unit: 'days', value: (row) => row.days, numeric: true },
    {
      key: 'percent',
      title: 'Change',
      unit: '%',
      value: (row) => row.percent,
      show: (row) => signed(row.percent),
      numeric: true,
    },
    {
      key: 'standard_error',
      title: 'Standard error',
      unit: '%',
      value: (row) => row.standard_error,
      show: (row) => number(row.standard_error, 2),
      numeric: true,
    },
    {
      key: 'interval_95',
      title: '95 % interval',
      unit: '%',
      value: (row) => (row.low === null ? null : interval([row.low, row.high], 4)),
      show: (row) => interval([row.low, row.high]),
      numeric: true,
      fixed: true,
    },
  ];
}

function describe(rows: ChangeRow[], measure: Measure): string {
  const last = rows.map((row) => row.percent);
  const people = new Set(rows.map((row) => row.participant_id)).size;
  return (
    `Line chart: percent change in ${measureNames[measure]} volume from the first visit over time, one line for each of ` +
    `${people} participants. Values range from ${percent(Math.min(...last))} to ${percent(Math.max(...last))}. ` +
    'Negative = loss. The values are in the table below the chart.'
  );
}

export function TimeChart({ trial, measure }: { trial: Trial; measure: Measure }) {
  const rows = useMemo(() => changesOverTime(trial, measure), [trial, measure]);
  const groups = useMemo(() => groupLabels(trial), [trial]);
  const columns = useMemo(() => columnsOf(trial), [trial]);
  const spec = useCallback(
    (theme: ChartTheme) => specOf(rows, groups, groupTitle(trial), measure, theme),
    [rows, groups, measure, trial],
  );
  const withoutDates = undated(trial).length;
  if (rows.length === 0)
    return <p class="soft">No change over time can be drawn: no participant has two measured visits with dates.</p>;
  return (
    <Chart
      id="change-over-time"
      title={`Change in ${measureNames[measure]} volume of each participant`}
      note={
        <>
          From the first visit; below zero is loss. Bars: 95 % interval of the measurement. Participants seen on the
          same day stand a little apart.{' '}
          {withoutDates > 0 &&
            `Not drawn, because their visits have no dates: ${plural(withoutDates, 'participant')}. `}
          <span class="screen-only">Select a point to open its participant.</span>
        </>
      }
      description={describe(rows, measure)}
      spec={spec}
      columns={columns}
      rows={rows}
      attributes={(row) => ({
        'data-participant': row.participant_id,
        'data-session': row.session,
        'data-measure': measure,
      })}
      paperHeight={150}
    />
  );
}
