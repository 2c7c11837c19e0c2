import { useCallback, useMemo } from 'preact/hooks';
import type { TopLevelSpec } from 'vega-lite';
import type { Measure } from '../page_data';
import { Chart } from '../shared/chart';
import type { ChartTheme } from '../shared/chart_theme';
import { type Column, DataTable } from '../shared/data_table';
import { doseWithUnit, measureNames, percentPerYear, prettyUnit, signed } from '../shared/format';
import {
  dosesOf,
  drawnDoses,
  groupLabels,
  groupTitle,
  isotonic,
  rateInWords,
  type RateRow,
  rates,
  sidewaysShifts,
  smallestGap,
  trendAt,
} from './model';
import type { DoseResponse, Trial } from './report';
import { faintness, groupEncoding, layerOf, plainDose, plainNumber, pointSize, valueDomain, zeroLine } from './scales';

// Participants with the same dose are spread over this share of the space between two doses, and no more of the axis
// than the width of a point or two: each is to be read at its dose.
const spreadOfGap = 0.3;
const mostSpreadOfAxis = 0.02;

// With more participants their error bars hide everything else; the table of values has them.
const mostErrorBars = 60;

const curveNames = { trend: 'Fitted trend and its 95 % interval', isotonic: 'Isotonic curve (monotone in dose)' };

// A full line and a dashed one; the curves are told from the points by that, not by color.
const curveDash = {
  field: 'curve',
  type: 'nominal' as const,
  scale: {
    domain: [curveNames.trend, curveNames.isotonic],
    range: [
      [1, 0],
      [5, 4],
    ],
  },
  legend: {
    title: null,
    orient: 'bottom' as const,
    direction: 'vertical' as const,
    symbolType: 'stroke',
    symbolSize: 400,
  },
};

type DosedRow = RateRow & { dose: number };

function hasDose(row: RateRow): row is DosedRow {
  return row.dose !== null;
}

function hasSharedDose(rows: DosedRow[]): boolean {
  return dosesOf(rows).length < rows.length;
}

// Equal steps of the axis: of the logarithm where the trend is in the logarithm.
function shifted(rows: DosedRow[], groups: string[], logarithmic: boolean) {
  const on = (dose: number) => (logarithmic ? Math.log(dose) : dose);
  const off = (place: number) => (logarithmic ? Math.exp(place) : place);
  const places = rows.map((row) => on(row.dose));
  const range = Math.max(...places) - Math.min(...places);
  const spread = Math.min(spreadOfGap * smallestGap(places), mostSpreadOfAxis * range);
  const shiftOf = new Map(
    dosesOf(rows).flatMap((dose) => [
      ...sidewaysShifts(
        rows.filter((row) => row.dose === dose),
        groups,
      ),
    ]),
  );
  return rows.map((row) => ({
    ...row,
    place: off(on(row.dose) + spread * (shiftOf.get(row.participant_id) ?? 0)),
    rate: rateInWords(row),
  }));
}

function doseTitle(unit: string | null): string {
  if (!unit) return 'Dose';
  return /^\d/.test(unit) ? `Dose (× ${prettyUnit(unit)})` : `Dose (${prettyUnit(unit)})`;
}

function specOf(
  rows: DosedRow[],
  groups: string[],
  response: DoseResponse | undefined,
  measure: Measure,
  trial: Trial,
  theme: ChartTheme,
): TopLevelSpec {
  const unit = trial.doseUnit;
  // No trend in the logarithm exists where somebody's dose is 0 (a placebo), and no axis for it either.
  const logarithmic = response?.scale === 'log' && !response.unable && rows.every((row) => row.dose > 0);
  const values = shifted(rows, groups, logarithmic).map((row) => ({ ...row, dose_text: doseWithUnit(row.dose, unit) }));
  const line = response ? trendAt(drawnDoses(response.scale, dosesOf(rows)), rows, response) : [];
  const steps = response ? isotonic(response) : [];
  const curves = [
    ...line.map((row) => ({ ...row, curve: curveNames.trend })),
    ...steps.map((row) => ({ ...row, curve: curveNames.isotonic })),
  ];
  const { color, shape } = groupEncoding(
    theme,
    groups,
    rows.map((row) => row.group),
    groupTitle(trial),
  );
  const scale = logarithmic
    ? { type: 'log' as const, nice: false, padding: 16 }
    : { nice: false, zero: false, padding: 16 };
  const withBars = rows.length <= mostErrorBars;
  const drawnValues = rows.flatMap((row) =>
    withBars ? [row.low, row.high, row.percent_per_year] : [row.percent_per_year],
  );
  const x = { type: 'quantitative' as const, title: doseTitle(unit), scale, axis: plainDose };
  const y = {
    type: 'quantitative' as const,
    title: `Change in ${measureNames[measure]} volume (% per year)`,
    axis: plainNumber,
    scale: { domain: valueDomain(drawnValues), nice: true },
  };
  const faint = faintness(rows.length);
  // Many points would hide the lines.
  const lines = layerOf(curves, {
    mark: { type: 'line', strokeWidth: 2, color: theme.text },
    encoding: { x: { ...x, field: 'dose' }, y: { ...y, field: 'percent_per_year' }, strokeDash: curveDash },
  });
  const points = {
    data: { values },
    mark: {
      type: 'point',
      filled: true,
      size: pointSize(rows.length),
      opacity: 1,
      stroke: theme.surface,
      strokeWidth: 0.75,
      cursor: 'pointer',
    },
    encoding: {
      x: { ...x, field: 'place' },
      y: { ...y, field: 'percent_per_year' },
      color,
      shape,
      href: { field: 'page' },
      tooltip: [
        { field: 'participant_id', title: 'Participant' },
        { field: 'dose_group', title: 'Dose group' },
        { field: 'dose_text', title: 'Dose' },
        { field: 'rate', title: 'Rate' },
      ],
    },
  };
  return {
    width: 'container',
    height: 320,
    autosize: { type: 'fit-x', contains: 'padding' },
    layer: [
      zeroLine(theme),
      ...layerOf(
        line.filter((row) => row.low !== null),
        {
          mark: { type: 'area', color: theme.accent, opacity: 0.14 },
          encoding: { x: { ...x, field: 'dose' }, y: { ...y, field: 'low' }, y2: { field: 'high' } },
        },
      ),
      ...layerOf(withBars ? values.filter((row) => row.low !== null) : [], {
        mark: { type: 'rule', strokeWidth: 1.25, opacity: faint * 0.8 },
        encoding: { x: { ...x, field: 'place' }, y: { ...y, field: 'low' }, y2: { field: 'high' }, color },
      }),
      ...(withBars ? [...lines, points] : [points, ...lines]),
    ],
  } as TopLevelSpec;
}

export function rateColumns(trial: Trial): Column<RateRow>[] {
  const unit = trial.doseUnit ? prettyUnit(trial.doseUnit) : undefined;
  return [
    {
      key: 'participant_id',
      title: 'Participant',
      value: (row) => row.participant_id,
      show: (row) => (row.page ? <a href={row.page}>{row.participant_id}</a> : row.participant_id),
      heading: true,
    },
    { key: 'dose_group', title: 'Dose group', value: (row) => row.dose_group },
    { key: 'dose', title: 'Dose', unit, value: (row) => row.dose, numeric: true },
    {
      key: 'percent_per_year',
      title: 'Rate',
      unit: '% per year',
      value: (row) => row.percent_per_year,
      show: (row) => signed(row.percent_per_year),
      numeric: true,
    },
    {
      key: 'low',
      title: '95 % low',
      unit: '% per year',
      value: (row) => row.low,
      show: (row) => signed(row.low),
      numeric: true,
    },
    {
      key: 'high',
      title: '95 % high',
      unit: '% per year',
      value: (row) => row.high,
      show: (row) => signed(row.high),
      numeric: true,
    },
  ];
}

function curvesInWords(response: DoseResponse | undefined): string {
  const curve = response ? isotonic(response) : [];
  const first = curve[0];
  const last = curve[curve.length - 1];
  if (!first || !last) return '';
  return ` The isotonic curve runs from ${percentPerYear(first.percent_per_year)} to ${percentPerYear(last.percent_per_year)}.`;
}

export function DoseChart({ trial, measure }: { trial: Trial; measure: Measure }) {
  const response = trial.response[measure];
  const rows = useMemo(() => rates(trial, measure).filter(hasDose), [trial, measure]);
  const groups = useMemo(() => groupLabels(trial), [trial]);
  const columns = useMemo(() => rateColumns(trial), [trial]);
  const spec = useCallback(
    (theme: ChartTheme) => specOf(rows, groups, response, measure, trial, theme),
    [rows, groups, response, measure, trial],
  );
  if (rows.length === 0) return null;
  const fitted = response && !response.unable;
  return (
    <Chart
      id="rate-by-dose"
      title={`Annual rate of ${measureNames[measure]} volume change by dose`}
      note={
        (rows.length <= mostErrorBars
          ? 'Points: participants, with the 95 % interval of the measurement.'
          : 'Points: participants; their intervals are in the table of values.') +
        (hasSharedDose(rows) ? ' Participants with the same dose are drawn slightly apart; the tables give the exact doses.' : '') +
        (fitted
          ? ' Line: least squares; band: 95 % interval of its slope.'
          : ` No trend is drawn: ${response?.unable ?? 'it was not computed'}.`)
      }
      description={
        `Scatter chart: annual change in ${measureNames[measure]} volume against dose for ${rows.length} participants.` +
        `${curvesInWords(response)} Negative = loss. The values are in the table below the chart.`
      }
      spec={spec}
      columns={columns}
      rows={rows}
      attributes={(row) => ({ 'data-participant': row.participant_id, 'data-measure': measure })}
      paperWidth={310}
      paperHeight={140}
    >
      {response && <CurveTable response={response} rows={rows} measure={measure} unit={trial.doseUnit} />}
    </Chart>
  );
}

interface CurvePoint {
  dose: number;
  isotonic: number;
  trend: number | null;
  low: number | null;
  high: number | null;
}

// The curves at the doses of the trial.
function CurveTable(props: { response: DoseResponse; rows: RateRow[]; measure: Measure; unit: string | null }) {
  const steps = isotonic(props.response);
  const line = trendAt(
    steps.map((step) => step.dose),
    props.rows,
    props.response,
  );
  const points: CurvePoint[] = steps.map((step, i) => ({
    dose: step.dose,
    isotonic: step.percent_per_year,
    trend: line[i]?.percent_per_year ?? null,
    low: line[i]?.low ?? null,
    high: line[i]?.high ?? null,
  }));
  const rate = (key: keyof CurvePoint, title: string): Column<CurvePoint> => ({
    key,
    title,
    unit: '% per year',
    value: (point) => point[key],
    show: (point) => signed(point[key]),
    numeric: true,
  });
  const columns: Column<CurvePoint>[] = [
    {
      key: 'dose',
      title: 'Dose',
      unit: props.unit ? prettyUnit(props.unit) : undefined,
      value: (point) => point.dose,
      heading: true,
    },
    rate('isotonic', 'Isotonic curve'),
    rate('trend', 'Fitted trend'),
    rate('low', '95 % low'),
    rate('high', '95 % high'),
  ];
  return (
    <DataTable
      label="Curves of the chart at each dose"
      columns={columns}
      rows={points}
      attributes={(point) => ({ 'data-dose': point.dose, 'data-measure': props.measure })}
      tableAttributes={{ 'data-values-of': 'rate-by-dose-curves' }}
    />
  );
}
