// Volumes and changes over time, as charts.
import { useCallback, useState } from 'preact/hooks';
import type { TopLevelSpec } from 'vega-lite';
import type { ParticipantPage, ParticipantReport } from '../page_data';
import { Chart } from '../shared/chart';
import type { ChartTheme } from '../shared/chart_theme';
import type { Column } from '../shared/data_table';
import { measureNames, measures, milliliters, percent } from '../shared/format';
import { Section, Segmented } from '../shared/layout';
import { excludedColumn, excludedLegend, hollow, layersByKind, onlyCounting } from './excluded';
import {
  type Change,
  drift_percent,
  hasDays,
  isMeasured,
  type Measurement,
  measurements,
  pairOf,
  timeOf,
  trajectory,
  type TrajectoryPoint,
  visitCounts,
  wasMeasured,
} from './model';

function timeAxis(report: ParticipantReport) {
  if (hasDays(report)) return { title: 'day', tickMinStep: 1, format: ',~f' };
  return { title: 'visit (no dates)', tickMinStep: 1, format: 'd' };
}

const measureOrder = ['brain', 'gray matter', 'white matter'];

function measureColors(theme: ChartTheme): string[] {
  return [theme.text, ...theme.steps(3).slice(0, 3).filter((_, index) => index !== 1)];
}

// Ticks that stay readable where all values are the same.
const percentTicks = { format: '.2~f', tickMinStep: 0.01 };
const volumeTicks = { format: ',.1~f', tickMinStep: 0.1 };

const chartHeight = 210;
const methods = ['deformation', 'boundary shift'];

function TrajectoryChart({ page }: { page: ParticipantPage }) {
  const { report } = page;
  const { start, points, notDrawn } = trajectory(page);
  // Side by side where they would hide each other.
  const shift = { brain: 0, gray_matter: -7, white_matter: 7 } as const;
  const spec = useCallback(
    (theme: ChartTheme): TopLevelSpec => ({
      width: 'container',
      height: chartHeight,
      data: { values: points.map((point) => ({ ...point, name: measureNames[point.measure] })) },
      encoding: {
        x: { field: 'time', type: 'quantitative', axis: timeAxis(report), scale: { nice: false, padding: 22 } },
        color: {
          field: 'name',
          type: 'nominal',
          scale: { domain: measureOrder, range: measureColors(theme) },
          legend: { title: null },
        },
      },
      layer: [
        { mark: { type: 'rule', strokeWidth: 1.5, aria: false }, data: { values: [{}] }, encoding: { x: { value: 0 }, x2: { value: 'width' }, y: { datum: 0 }, color: { value: theme.soft } } },
        ...measures.flatMap((measure) => {
          const name = measureNames[measure];
          const own = points.filter((point) => point.measure === measure);
          if (own.length === 0) return [];
          const xOffset = shift[measure];
          const only = [{ filter: `datum.name === '${name}'` }];
          const y = { field: 'change_percent', type: 'quantitative' as const, axis: { title: `change since ${start}, %`, ...percentTicks } };
          const intervalLayer = {
            transform: [...only, { filter: 'datum.low !== null' }],
            mark: { type: 'rule' as const, strokeWidth: 1.75, xOffset },
            encoding: { y: { field: 'low', type: 'quantitative' as const }, y2: { field: 'high' } },
          };
          return [
            ...(own.some((point) => point.counts) ? [{ transform: [...only, onlyCounting], mark: { type: 'line' as const, strokeWidth: 1.5, xOffset, opacity: 0.8 }, encoding: { y } }] : []),
            ...(own.some((point) => point.low !== null) ? [intervalLayer] : []),
            ...layersByKind(own, (kind) => [{
              transform: [...only, kind.filter],
              mark: { type: 'point' as const, filled: true, opacity: 1, size: 62, xOffset, ...(kind.counts ? {} : hollow) },
              encoding: {
                y,
                shape: { field: 'name', type: 'nominal' as const, scale: { domain: measureOrder, range: ['circle', 'square', 'diamond'] }, legend: { title: null } },
                tooltip: [
                  { field: 'session', title: 'visit' },
                  { field: 'name', title: 'of' },
                  { field: 'change_percent', title: 'change, %', format: '+.2f' },
                  { field: 'low', title: '95 % from', format: '+.2f' },
                  { field: 'high', title: '95 % to', format: '+.2f' },
                ],
              },
            }]),
          ];
        }),
        ...excludedLegend(theme, points),
      ],
    }),
    [page],
  );
  const columns: Column<TrajectoryPoint>[] = [
    { key: 'session', title: 'Visit', value: (point) => point.session, heading: true },
    { key: 'time', title: hasDays(report) ? 'Day' : 'Visit number', value: (point) => point.time, numeric: true },
    { key: 'measure', title: 'Of', value: (point) => measureNames[point.measure] },
    { key: 'change_percent', title: 'Change', unit: '%', value: (point) => point.change_percent, show: (point) => percent(point.change_percent), numeric: true },
    { key: 'low', title: '95 % from', unit: '%', value: (point) => point.low, show: (point) => percent(point.low), numeric: true },
    { key: 'high', title: '95 % to', unit: '%', value: (point) => point.high, show: (point) => percent(point.high), numeric: true },
    excludedColumn<TrajectoryPoint>(),
  ];
  return (
    <Chart
      id="trajectory"
      title={`Change since ${start}`}
      note={
        <>
          Below zero is loss. Bars: 95 % interval of the measurement.
          {notDrawn.length > 0 && (
            <span data-not-drawn> Not drawn: {notDrawn.map(({ session, because }) => `${session} (${because})`).join('; ')}.</span>
          )}
        </>
      }
      description={`Percent change of brain, gray matter and white matter since ${start}, by visit, with 95 % intervals.`}
      spec={spec}
      columns={columns}
      rows={points}
      attributes={(point) => ({ 'data-session': point.session, 'data-measure': point.measure })}
      paperWidth={300}
    />
  );
}

function MeasurementsChart({ page, headline }: { page: ParticipantPage; headline: Change | null }) {
  const all = measurements(page);
  const pairs = [...new Set(all.map((row) => row.pair))];
  const [pair, setPair] = useState(headline ? pairOf(headline) : (pairs[0] ?? ''));
  const rows = all.filter((row) => row.pair === pair);
  const spec = useCallback(
    (theme: ChartTheme): TopLevelSpec => ({
      width: 'container',
      height: chartHeight - 30,
      data: { values: rows.map((row) => ({ ...row, name: measureNames[row.measure] })) },
      encoding: {
        y: { field: 'name', type: 'nominal', sort: measureOrder, axis: { title: null } },
        color: { field: 'method', type: 'nominal', scale: { domain: methods, range: [theme.accent, theme.soft] }, legend: { title: null } },
      },
      layer: [
        {
          mark: { type: 'rule', strokeWidth: 1.5, aria: false },
          data: { values: [{}] },
          encoding: { x: { datum: 0 }, y: { value: 0 }, y2: { value: 'height' }, color: { value: theme.soft } },
        },
        ...methods.flatMap((method, index) => {
          const own = rows.filter((row) => row.method === method);
          if (own.length === 0) return [];
          const yOffset = [-6, 6][index]!;
          const only = [{ filter: `datum.method === '${method}'` }];
          const intervalLayer = {
              transform: [...only, { filter: 'datum.low !== null' }],
              mark: { type: 'rule' as const, strokeWidth: 2, yOffset },
              encoding: { x: { field: 'low', type: 'quantitative' as const }, x2: { field: 'high' } },
            };
          return [
            ...(own.some((row) => row.low !== null) ? [intervalLayer] : []),
            ...layersByKind(own, (kind) => [{
              transform: [...only, kind.filter],
              mark: { type: 'point' as const, filled: true, opacity: 1, size: 62, yOffset, ...(kind.counts ? {} : hollow) },
              encoding: {
                x: { field: 'percent', type: 'quantitative' as const, axis: { title: 'change, % (below zero is loss)', grid: true, ...percentTicks } },
                shape: { field: 'method', type: 'nominal' as const, scale: { domain: methods, range: ['circle', 'diamond'] }, legend: { title: null } },
                tooltip: [
                  { field: 'pair', title: 'from, to' },
                  { field: 'name', title: 'of' },
                  { field: 'method', title: 'by' },
                  { field: 'percent', title: 'change, %', format: '+.2f' },
                  { field: 'standard_error', title: 'standard error, %', format: '.2f' },
                ],
              },
            }]),
          ];
        }),
        ...excludedLegend(theme, rows),
      ],
    }),
    [page, pair],
  );
  const columns: Column<Measurement>[] = [
    { key: 'pair', title: 'From, to', value: (row) => row.pair, heading: true },
    { key: 'measure', title: 'Of', value: (row) => measureNames[row.measure] },
    { key: 'method', title: 'By', value: (row) => row.method },
    { key: 'percent', title: 'Change', unit: '%', value: (row) => row.percent, show: (row) => percent(row.percent), numeric: true },
    { key: 'standard_error', title: 'Standard error', unit: '%', value: (row) => row.standard_error, show: (row) => row.standard_error?.toFixed(2) ?? '–', numeric: true },
    { key: 'low', title: '95 % from', unit: '%', value: (row) => row.low, show: (row) => percent(row.low), numeric: true },
    { key: 'high', title: '95 % to', unit: '%', value: (row) => row.high, show: (row) => percent(row.high), numeric: true },
    excludedColumn<Measurement>(),
  ];
  return (
    <div class="chart-with-choice">
      {pairs.length > 1 && (
        <Segmented
          name="pair"
          legend="Change"
          options={pairs.map((value) => ({ value, label: value }))}
          value={pair}
          onChange={setPair}
        />
      )}
      <Chart
        id="measurements"
        title={`Both measurements, ${pair}`}
        note="The deformation is what is reported. The boundary shift is measured apart from it; where the two differ by more than their errors, look at the scans."
        description={`Change from ${pair} by deformation and by boundary shift, with 95 % intervals.`}
        spec={spec}
        columns={columns}
        rows={rows}
        attributes={(row) => ({ 'data-pair': row.pair, 'data-measure': row.measure, 'data-method': row.method })}
        paperWidth={300}
      />
    </div>
  );
}

type VolumeName = 'brain' | 'gray_matter' | 'white_matter' | 'csf' | 'intracranial';
const volumeNames: Record<VolumeName, string> = {
  brain: 'Brain',
  gray_matter: 'Gray matter',
  white_matter: 'White matter',
  csf: 'CSF',
  intracranial: 'Intracranial',
};

interface VolumeRow {
  session: string;
  time: number | null;
  volume_ml: number | null;
  counts: boolean;
  is_measured: boolean;
}

function VolumesChart({ page }: { page: ParticipantPage }) {
  const { report } = page;
  const [name, setName] = useState<VolumeName>('brain');
  const rows: VolumeRow[] = report.visits.map((visit) => ({
    session: visit.session,
    time: timeOf(report, visit.session),
    volume_ml: visit.volumes_ml[name],
    counts: visitCounts(page, visit.session),
    is_measured: wasMeasured(visit),
  }));
  const isDrawn = (row: VolumeRow) => row.volume_ml !== null && row.time !== null;
  const drawn = rows.filter(isDrawn);
  const notDrawn = rows.filter((row) => !isDrawn(row));
  const spec = useCallback(
    (theme: ChartTheme): TopLevelSpec => ({
      width: 'container',
      height: chartHeight,
      data: { values: drawn },
      encoding: {
        x: { field: 'time', type: 'quantitative', axis: timeAxis(report), scale: { nice: false, padding: 22 } },
        y: { field: 'volume_ml', type: 'quantitative', scale: { zero: false, padding: 14 }, axis: { title: `${volumeNames[name].toLowerCase()}, mL`, ...volumeTicks } },
      },
      layer: [
        ...(drawn.some((row) => row.counts) ? [{ transform: [onlyCounting], mark: { type: 'line' as const, color: theme.accent, strokeWidth: 1.5 } }] : []),
        ...layersByKind(drawn, (kind) => [{
          transform: [kind.filter],
          mark: { type: 'point' as const, filled: true, opacity: 1, size: 62, color: theme.accent, ...(kind.counts ? {} : hollow) },
          encoding: { tooltip: [{ field: 'session', title: 'visit' }, { field: 'volume_ml', title: 'mL', format: '.1f' }] },
        }]),
        ...excludedLegend(theme, drawn),
      ],
    }),
    [page, name],
  );
  const columns: Column<VolumeRow>[] = [
    { key: 'session', title: 'Visit', value: (row) => row.session, heading: true },
    { key: 'time', title: hasDays(report) ? 'Day' : 'Visit number', value: (row) => row.time, numeric: true },
    { key: 'volume_ml', title: volumeNames[name], unit: 'mL', value: (row) => row.volume_ml, show: (row) => milliliters(row.volume_ml), numeric: true },
    excludedColumn<VolumeRow>(),
  ];
  return (
    <div class="chart-with-choice">
      <Segmented
        name="volume"
        legend="Volume of"
        options={Object.entries(volumeNames).map(([value, label]) => ({ value: value as VolumeName, label }))}
        value={name}
        onChange={setName}
      />
      <Chart
        id="volumes"
        title={`${volumeNames[name]} volume`}
        note={
          <>
            The axis does not start at zero.
            {notDrawn.length > 0 && (
              <span data-not-drawn>
                {' '}
                Not drawn: {notDrawn.map((row) => `${row.session} (${row.volume_ml === null ? 'not measured' : 'has no day'})`).join('; ')}.
              </span>
            )}
          </>
        }
        description={`${volumeNames[name]} volume in milliliters, by visit.`}
        spec={spec}
        columns={columns}
        rows={rows}
        attributes={(row) => ({ 'data-session': row.session })}
      />
    </div>
  );
}

interface DriftRow {
  session: string;
  drift_percent: number | null;
  counts: boolean;
  is_measured: boolean;
}

function DriftChart({ page }: { page: ParticipantPage }) {
  const rows: DriftRow[] = page.report.visits.map((visit) => ({
    session: visit.session,
    drift_percent: drift_percent(visit),
    counts: visitCounts(page, visit.session),
    is_measured: wasMeasured(visit),
  }));
  const drawn = rows.filter((row) => row.drift_percent !== null);
  const spec = useCallback(
    (theme: ChartTheme): TopLevelSpec => {
      const largest = Math.max(0.1, ...rows.map((row) => Math.abs(row.drift_percent ?? 0)));
      return {
        width: 'container',
        height: Math.max(90, rows.length * 40),
        data: { values: drawn },
        encoding: { y: { field: 'session', type: 'nominal', sort: null, axis: { title: null } } },
        layer: [
          { mark: { type: 'rule', strokeWidth: 1.5, aria: false }, data: { values: [{}] }, encoding: { x: { datum: 0 }, y: { value: 0 }, y2: { value: 'height' }, color: { value: theme.soft } } },
          ...layersByKind(drawn, (kind) => [{
            transform: [kind.filter],
            mark: { type: 'bar' as const, height: 8, color: theme.accent, ...(kind.counts ? {} : hollow) },
            encoding: {
              x: {
                field: 'drift_percent',
                type: 'quantitative' as const,
                scale: { domain: [-largest, largest] },
                axis: { title: 'size against the mean of the visits, % of length', grid: true, ...percentTicks },
              },
              tooltip: [
                { field: 'session', title: 'visit' },
                { field: 'drift_percent', title: 'drift, % of length', format: '+.3f' },
              ],
            },
          }]),
          ...excludedLegend(theme, drawn),
        ],
      };
    },
    [page],
  );
  const columns: Column<DriftRow>[] = [
    { key: 'session', title: 'Visit', value: (row) => row.session, heading: true },
    { key: 'drift_percent', title: 'Drift', unit: '% of length', value: (row) => row.drift_percent, show: (row) => percent(row.drift_percent, 3), numeric: true },
    excludedColumn<DriftRow>(),
  ];
  return (
    <Chart
      id="drift"
      title="Drift of the scanner’s calibration"
      note="How much larger or smaller each visit shows the skull, in percent of length: this comes from the scanner, not from the brain. Where it is certain it is taken out of the changes; otherwise their errors include it."
      description="Drift of calibration at each visit, in percent of length."
      spec={spec}
      columns={columns}
      rows={rows}
      attributes={(row) => ({ 'data-session': row.session })}
    />
  );
}

export function TrajectorySection({ page, headline }: { page: ParticipantPage; headline: Change | null }) {
  const { report } = page;
  const hasChange = report.changes.some(isMeasured);
  if (report.visits.length < 2) return null;
  const hasDrift = report.visits.some((visit) => drift_percent(visit) !== null);
  return (
    <Section id="over-time" title="Over time">
      {hasChange && (
        <div class="grid-2 trajectory-charts">
          <TrajectoryChart page={page} />
          <MeasurementsChart page={page} headline={headline} />
        </div>
      )}
      <div class="grid-2 screen-only">
        <VolumesChart page={page} />
        {hasDrift && <DriftChart page={page} />}
      </div>
    </Section>
  );
}
