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
  laterStarts,
  notDrawn,
  sidewaysShifts,
  smallestGap,
  startInWords,
  timeAxis,
} from './model';
import type { Trial } from './report';
import {
  faintness,
  groupEncoding,
  hollowFill,
  layerOf,
  notCounted,
  plainNumber,
  pointSize,
  valueDomain,
  zeroLine,
} from './scales';

// Participants seen on the same day are spread over this share of the axis, or of the time between two visits.
const spreadOfAxis = 0.08;
const spreadOfGap = 0.3;

// Whole steps of a calendar.
const tickSteps = { days: [1, 2, 7, 14], months: [1, 2, 3, 6, 12], years: [0.5, 1, 2, 5, 10] };
const mostTicks = 9;

function ticks(unit: keyof typeof tickSteps, last: number): number[] {
  const step = tickSteps[unit].find((one) => last / one < mostTicks) ?? last;
  return Array.from({ length: Math.floor(last / step + 0.1) + 1 }, (_, i) => i * step);
}

interface Drawing {
  rows: ChangeRow[];
  groups: string[];
  groupTitle: string;
  start: string; // "ses-01", "the first visit"
  measure: Measure;
}

function drawn({ rows, groups, start }: Drawing) {
  const axis = timeAxis(rows);
  const shifts = sidewaysShifts(rows, groups);
  const times = rows.map((row) => row.days / axis.daysPerUnit);
  const spread = Math.min(spreadOfAxis * Math.max(...times), spreadOfGap * smallestGap(times));
  const from = new Map(rows.filter((row) => row.is_start).map((row) => [row.participant_id, row.session]));
  const values = rows.map((row) => ({
    ...row,
    time: row.days / axis.daysPerUnit + (row.is_start ? 0 : spread * (shifts.get(row.participant_id) ?? 0)),
    when: `${row.session}, ${days(row.days)} after ${from.get(row.participant_id) || start}`,
    change: changeInWords(row),
    counting: row.counts ? 'In the rates' : notCounted,
  }));
  return { axis, values };
}

function specOf(drawing: Drawing, theme: ChartTheme): TopLevelSpec {
  const { rows, groups, groupTitle: title, measure, start } = drawing;
  const { axis, values } = drawn(drawing);
  const peopleWith = (counts: boolean) =>
    new Set(rows.filter((row) => !row.is_start && row.counts === counts).map((row) => row.participant_id));
  const [counting, notCounting] = [peopleWith(true), peopleWith(false)];
  const countingPoints = values.filter((row) => !row.is_start && row.counts);
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
    title: `Time since ${start} (${axis.unit})`,
    scale: { nice: false, padding: 12 },
    axis: {
      ...plainNumber,
      tickCount: mostTicks,
      values: ticks(axis.unit, Math.max(...values.map((row) => row.time))),
    },
  };
  const y = {
    field: 'percent',
    type: 'quantitative' as const,
    title: `Change in ${measureNames[measure]} volume (%)`,
    axis: plainNumber,
    scale: { domain: valueDomain(rows.flatMap((row) => [row.low, row.high, row.percent])), nice: true },
  };
  const tooltip = [
    { field: 'participant_id', title: 'Participant' },
    ...(groups.length > 0 ? [{ field: 'group', title }] : []),
    { field: 'when', title: 'Visit' },
    { field: 'change', title: 'Change' },
    { field: 'counting', title: 'Counts' },
  ];
  const hover = {
    name: 'pointed',
    select: { type: 'point', on: 'pointerover', clear: 'pointerout', fields: ['participant_id'] },
  };
  const faint = faintness(people);
  const opacity = (plain: number) => ({ condition: { param: 'pointed', value: plain, empty: true }, value: 0.12 });
  const lineEncoding = { x, y, detail: { field: 'participant_id' }, color, opacity: opacity(faint) };
  const pointEncoding = { x, y, shape, tooltip, href: { field: 'page' }, opacity: opacity(1) };
  return {
    width: 'container',
    height: 340,
    autosize: { type: 'fit-x', contains: 'padding' },
    data: { values },
    layer: [
      zeroLine(theme),
      // Through what counts, a full line; through all visits of whoever has one that does not, a dashed line.
      ...layerOf(
        values.filter((row) => row.counts && counting.has(row.participant_id)),
        { mark: { type: 'line', strokeWidth: 1.5 }, encoding: lineEncoding },
      ),
      ...layerOf(
        values.filter((row) => notCounting.has(row.participant_id)),
        { mark: { type: 'line', strokeWidth: 1.25, strokeDash: [4, 4] }, encoding: lineEncoding },
      ),
      ...layerOf(
        values.filter((row) => row.low !== null),
        {
          mark: { type: 'rule', strokeWidth: 1.25 },
          encoding: { x, y: { ...y, field: 'low' }, y2: { field: 'high' }, color, opacity: opacity(faint) },
        },
      ),
      ...layerOf(countingPoints, {
        params: [hover],
        mark: { type: 'point', filled: true, size: pointSize(people), opacity: 1, cursor: 'pointer' },
        encoding: { ...pointEncoding, color },
      }),
      ...layerOf(
        values.filter((row) => !row.is_start && !row.counts),
        {
          ...(countingPoints.length === 0 ? { params: [hover] } : {}), // one layer alone has the selection
          mark: {
            type: 'point',
            filled: false,
            strokeWidth: 1.75,
            size: pointSize(people),
            opacity: 1,
            cursor: 'pointer',
          },
          encoding: { ...pointEncoding, color, fill: hollowFill(theme) },
        },
      ),
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
    { key: 'days', title: 'Since the start', unit: 'days', value: (row) => row.days, numeric: true },
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
    {
      key: 'counts',
      title: 'In the rates',
      value: (row) => (row.counts ? 'yes' : 'no'),
    },
  ];
}

function describe({ rows, measure, start }: Drawing): string {
  const values = rows.map((row) => row.percent);
  const people = new Set(rows.map((row) => row.participant_id)).size;
  const notCounting = rows.filter((row) => !row.is_start && !row.counts).length;
  return (
    `Line chart: percent change in ${measureNames[measure]} volume since ${start} over time, one line for each of ` +
    `${people} participants. Values range from ${percent(Math.min(...values))} to ${percent(Math.max(...values))}. ` +
    (notCounting > 0 ? `${plural(notCounting, 'change')} drawn hollow: not in the rates. ` : '') +
    'Negative = loss. The values are in the table below the chart.'
  );
}

export function TimeChart({ trial, measure }: { trial: Trial; measure: Measure }) {
  const drawing = useMemo<Drawing>(
    () => ({
      rows: changesOverTime(trial, measure),
      groups: groupLabels(trial),
      groupTitle: groupTitle(trial),
      start: startInWords(trial, measure),
      measure,
    }),
    [trial, measure],
  );
  const columns = useMemo(() => columnsOf(trial), [trial]);
  const spec = useCallback((theme: ChartTheme) => specOf(drawing, theme), [drawing]);
  const { rows, start } = drawing;
  const absent = notDrawn(trial, measure);
  if (rows.length === 0)
    return (
      <p class="soft">
        No change over time can be drawn: no participant has two measured visits with dates. {absent.join(' ')}
      </p>
    );
  return (
    <Chart
      id="change-over-time"
      title={`Change in ${measureNames[measure]} volume of each participant since ${start}`}
      note={
        <>
          Below zero is loss. Bars: 95 % interval of the measurement. Participants scanned on the same day are drawn
          slightly apart.{' '}
          {rows.some((row) => !row.counts) &&
            'Hollow points and dashed lines: changes that are not in the rates, because a check or a person excluded them. '}
          <span class="screen-only">Select a point to open that participant’s page.</span>
          {[...laterStarts(trial, measure), ...absent].map((sentence) => (
            <span class="chart-absent" key={sentence}>
              {sentence}
            </span>
          ))}
        </>
      }
      description={describe(drawing)}
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
