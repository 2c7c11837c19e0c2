// What the charts and tables show, computed from the report: pure functions.
import type { Measure, TrialParticipant } from '../page_data';
import { doseWithUnit, interval, percent, percentPerYear, prettyUnit } from '../shared/format';
import type { DoseGroup, DoseResponse, DoseScale, Trial } from './report';

// For a 95 % interval of what is normal with a known standard error.
const normal95 = 1.959964;
const daysPerMonth = 365.25 / 12;
const daysPerYear = 365.25;
// Beyond this, an axis in years has enough steps.
const mostMonthsOnAxis = 24;

// "A: 0.7"; the unit stands once, in the title that groupTitle gives.
export function groupLabel(group: { dose_group: string; dose: number | null }): string {
  return group.dose === null ? group.dose_group : `${group.dose_group}: ${Number(group.dose.toPrecision(6))}`;
}

export function groupTitle(trial: Trial): string {
  if (trial.groups.every((group) => group.dose === null)) return 'Dose group';
  return trial.doseUnit ? `Dose group: dose (${prettyUnit(trial.doseUnit)})` : 'Dose group: dose';
}

// Dose groups as the colors of charts order them: by dose. None while blinded.
export function groupLabels(trial: Trial): string[] {
  return trial.groups.map((group) => groupLabel(group));
}

function labelOf(trial: Trial, participant: TrialParticipant): string | null {
  const group = trial.groups.find((one) => one.dose_group === participant.dose_group);
  return group ? groupLabel(group) : null;
}

export const noGroup = 'No dose group';

// ------------------------------------------------------------------------------------------ percent change over time
export interface ChangeRow {
  participant_id: string;
  page: string | null;
  group: string; // label of the dose group
  dose_group: string | null;
  session: string;
  days: number; // since the first visit
  percent: number; // change from the first visit
  low: number | null;
  high: number | null;
  standard_error: number | null;
}

// Of each participant with dates: no change at the first visit, then the change to each later one.
export function changesOverTime(trial: Trial, measure: Measure): ChangeRow[] {
  return trial.participants.flatMap((participant) => {
    const first = participant.visits[0]?.session;
    const own = {
      participant_id: participant.participant_id,
      page: participant.page,
      group: labelOf(trial, participant) ?? noGroup,
      dose_group: trial.blinded ? null : participant.dose_group,
    };
    const later = participant.changes.flatMap((change) => {
      const value = change.percent[measure];
      if (change.from !== first || change.days === null || value === null) return [];
      const error = change.standard_error[measure];
      return [
        {
          ...own,
          session: change.to,
          days: change.days,
          percent: value,
          low: error === null ? null : value - normal95 * error,
          high: error === null ? null : value + normal95 * error,
          standard_error: error,
        },
      ];
    });
    if (later.length === 0 || first === undefined) return [];
    return [{ ...own, session: first, days: 0, percent: 0, low: null, high: null, standard_error: null }, ...later];
  });
}

// Who has changes that cannot be placed in time.
export function undated(trial: Trial): TrialParticipant[] {
  return trial.participants.filter(
    (one) => one.changes.length > 0 && one.changes.every((change) => change.days === null),
  );
}

export interface TimeAxis {
  title: string;
  unit: 'months' | 'years';
  daysPerUnit: number;
}

export function timeAxis(rows: ChangeRow[]): TimeAxis {
  const last = Math.max(0, ...rows.map((row) => row.days));
  return last > mostMonthsOnAxis * daysPerMonth
    ? { title: 'Time since the first visit (years)', unit: 'years', daysPerUnit: daysPerYear }
    : { title: 'Time since the first visit (months)', unit: 'months', daysPerUnit: daysPerMonth };
}

// Sideways shifts, in -0.5 … 0.5, so that participants who share a place can be told apart; by dose group, then name.
export function sidewaysShifts(
  rows: { participant_id: string; group: string }[],
  groups: string[],
): Map<string, number> {
  const people = [...new Map(rows.map((row) => [row.participant_id, row.group])).entries()];
  const rank = (group: string) => (groups.includes(group) ? groups.indexOf(group) : groups.length);
  people.sort(([a, groupA], [b, groupB]) => rank(groupA) - rank(groupB) || (a < b ? -1 : 1));
  const last = Math.max(1, people.length - 1);
  return new Map(people.map(([id], i) => [id, people.length === 1 ? 0 : i / last - 0.5]));
}

export function smallestGap(values: number[]): number {
  const distinct = [...new Set(values)].sort((a, b) => a - b);
  return distinct.slice(1).reduce((least, value, i) => Math.min(least, value - (distinct[i] ?? value)), Infinity);
}

// ---------------------------------------------------------------------------------------------------- rate and dose
export interface RateRow {
  participant_id: string;
  page: string | null;
  group: string;
  dose_group: string | null;
  dose: number | null;
  percent_per_year: number;
  low: number | null;
  high: number | null;
}

export function rates(trial: Trial, measure: Measure): RateRow[] {
  return trial.participants.flatMap((participant) => {
    const value = participant.rates_percent_per_year?.[measure];
    if (value === null || value === undefined) return [];
    const [low, high] = participant.rate_intervals_95?.[measure] ?? [null, null];
    return [
      {
        participant_id: participant.participant_id,
        page: participant.page,
        group: labelOf(trial, participant) ?? noGroup,
        dose_group: trial.blinded ? null : participant.dose_group,
        dose: trial.blinded ? null : participant.dose,
        percent_per_year: value,
        low,
        high,
      },
    ];
  });
}

export interface CurveRow {
  dose: number;
  percent_per_year: number;
  low: number | null;
  high: number | null;
}

function mean(values: number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

// The scores of doses on the scale of the trend, as the program has them.
function score(dose: number, scale: DoseScale, doses: number[]): number {
  if (scale === 'log') return Math.log(dose);
  if (scale === 'rank') return doses.filter((other) => other <= dose).length;
  return dose;
}

// Enough steps for a logarithm to look like a curve.
const curveSteps = 40;

// The doses at which the trend is drawn: ranks have values at the trial's doses only.
export function drawnDoses(scale: DoseScale, doses: number[]): number[] {
  const [first, last] = [doses[0] ?? 0, doses[doses.length - 1] ?? 0];
  if (scale === 'rank') return doses;
  return Array.from({ length: curveSteps + 1 }, (_, i) => first + ((last - first) * i) / curveSteps);
}

export function dosesOf(points: RateRow[]): number[] {
  return [...new Set(points.flatMap((point) => (point.dose === null ? [] : [point.dose])))].sort((a, b) => a - b);
}

// The least-squares trend with the report's slope, at these doses: it passes through the mean of the participants, and
// so do the lines with the two ends of the slope's interval, which bound its band.
export function trendAt(at: number[], points: RateRow[], response: DoseResponse): CurveRow[] {
  const slope = response.slope?.percent_per_year_per_unit_of_scale;
  const dosed = points.flatMap((point) => (point.dose === null ? [] : [{ ...point, dose: point.dose }]));
  if (slope === null || slope === undefined || dosed.length === 0) return [];
  const doses = dosesOf(points);
  const center = mean(dosed.map((point) => score(point.dose, response.scale, doses)));
  const rate = mean(dosed.map((point) => point.percent_per_year));
  const [low, high] = response.slope?.interval_95 ?? [null, null];
  return at.map((dose) => {
    const from = score(dose, response.scale, doses) - center;
    const ends = low === null || high === null ? null : [rate + low * from, rate + high * from];
    return {
      dose,
      percent_per_year: rate + slope * from,
      low: ends && Math.min(...ends),
      high: ends && Math.max(...ends),
    };
  });
}

export function isotonic(response: DoseResponse): { dose: number; percent_per_year: number }[] {
  return (response.isotonic?.doses ?? []).flatMap((dose, i) => {
    const value = response.isotonic?.percent_per_year[i];
    return value === null || value === undefined ? [] : [{ dose, percent_per_year: value }];
  });
}

// --------------------------------------------------------------------------------------------------- means of groups
export interface GroupRow {
  group: string;
  dose_group: string;
  dose: number | null;
  n: number;
  mean: number | null;
  low: number | null;
  high: number | null;
  standard_deviation: number | null;
  median: number | null;
  minimum: number | null;
  maximum: number | null;
}

export function groupMeans(groups: DoseGroup[], measure: Measure): GroupRow[] {
  return groups.map((group) => {
    const summary = group.rates_percent_per_year[measure];
    const [low, high] = summary.interval_95 ?? [null, null];
    return {
      group: groupLabel(group),
      dose_group: group.dose_group,
      dose: group.dose,
      n: summary.n,
      mean: summary.mean,
      low,
      high,
      standard_deviation: summary.standard_deviation,
      median: summary.median,
      minimum: summary.minimum,
      maximum: summary.maximum,
    };
  });
}

// Annual change of brain volume in the literature (mean and standard deviation), measured with SIENA.
export const references = [
  { name: 'Healthy adults', percent_per_year: -0.27, standard_deviation: 0.15 },
  { name: 'Multiple sclerosis', percent_per_year: -0.51, standard_deviation: 0.27 },
] as const;

export const referenceSource = {
  text: 'De Stefano et al., J Neurol Neurosurg Psychiatry 2016;87:93–99',
  doi: '10.1136/jnnp-2014-309903',
};

// ------------------------------------------------------------------------------------------------------------- words
// A finding's first clause is its headline: "Higher dose goes with less brain loss".
export function headline(sentence: string): string {
  const end = sentence.search(/: |[.] |[.]$/);
  return end < 0 ? sentence : sentence.slice(0, end);
}

export function changeInWords(row: { percent: number; low: number | null; high: number | null }): string {
  const range = row.low === null ? '' : ` (95 % interval ${interval([row.low, row.high])})`;
  return percent(row.percent) + range;
}

export function rateInWords(row: { percent_per_year: number; low: number | null; high: number | null }): string {
  const range = row.low === null ? '' : ` (95 % interval ${interval([row.low, row.high])})`;
  return percentPerYear(row.percent_per_year) + range;
}

// The amount of dose that slopes are given for, as the program's sentences have it: the power of ten within the range of
// doses. A slope times `factor` is percent per year for that amount.
export function doseStep(response: DoseResponse, unit: string | null): { factor: number; words: string } {
  if (response.scale === 'log') return { factor: Math.LN2, words: 'for each doubling of the dose' };
  if (response.scale === 'rank') return { factor: 1, words: 'for each step up in dose' };
  const doses = response.isotonic?.doses ?? [];
  const range = (doses[doses.length - 1] ?? 1) - (doses[0] ?? 0);
  const factor = 10 ** Math.floor(Math.log10(range) + 1e-9);
  return {
    factor,
    words: `for each ${doseWithUnit(factor, unit ?? (factor === 1 ? 'unit of dose' : 'units of dose'))}`,
  };
}
