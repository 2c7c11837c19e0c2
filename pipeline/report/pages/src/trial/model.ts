// What the charts and tables show, computed from the report: pure functions.
import type { Measure, TrialParticipant } from '../page_data';
import { doseWithUnit, interval, percent, percentPerYear, plural, prettyUnit } from '../shared/format';
import type { DoseGroup, DoseResponse, DoseScale, Trial } from './report';

// For a 95 % interval of what is normal with a known standard error.
const normal95 = 1.959964;
const daysPerMonth = 365.25 / 12;
const daysPerYear = 365.25;
// Beyond this, an axis in years has enough steps.
const mostMonthsOnAxis = 24;
// Below this, an axis in months has too few.
const fewestMonthsOnAxis = 2;

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

// Doses can stand in a dataset that names no dose groups. None while blinded.
export function hasDoses(trial: Trial): boolean {
  return trial.participants.some((person) => person.dose !== null);
}

export const noGroup = 'No dose group';

// ------------------------------------------------------------------------------------------ percent change over time
export interface ChangeRow {
  participant_id: string;
  page: string | null;
  group: string; // label of the dose group
  dose_group: string | null;
  session: string;
  is_start: boolean;
  days: number; // since the visit that the participant starts from
  percent: number; // change from that visit
  low: number | null;
  high: number | null;
  standard_error: number | null;
  counts: boolean; // in the rates
}

type Change = TrialParticipant['changes'][number];

function isPlaced(change: Change, measure: Measure): boolean {
  return change.days !== null && change.percent[measure] !== null;
}

// The visit that a participant's changes are drawn from: the first one that a change which counts starts from, else the
// first that any starts from. A first visit that was not measured starts none. Undefined: nothing can be drawn.
export function startOf(participant: TrialParticipant, measure: Measure): string | undefined {
  const placed = participant.changes.filter((change) => isPlaced(change, measure));
  const counting = placed.filter((change) => change.counts);
  const starts = new Set((counting.length > 0 ? counting : placed).map((change) => change.from));
  return participant.visits.find((visit) => starts.has(visit.session))?.session;
}

// Of each participant with dates: no change at the visit that it starts from, then the change to each later one.
export function changesOverTime(trial: Trial, measure: Measure): ChangeRow[] {
  return trial.participants.flatMap((participant) => {
    const start = startOf(participant, measure);
    if (start === undefined) return [];
    const own = {
      participant_id: participant.participant_id,
      page: participant.page,
      group: labelOf(trial, participant) ?? noGroup,
      dose_group: trial.blinded ? null : participant.dose_group,
    };
    const later = participant.changes.flatMap((change) => {
      const value = change.percent[measure];
      if (change.from !== start || change.days === null || value === null) return [];
      const error = change.standard_error[measure];
      return [
        {
          ...own,
          session: change.to,
          is_start: false,
          days: change.days,
          percent: value,
          low: error === null ? null : value - normal95 * error,
          high: error === null ? null : value + normal95 * error,
          standard_error: error,
          counts: change.counts,
        },
      ];
    });
    const none = { days: 0, percent: 0, low: null, high: null, standard_error: null };
    const counts = later.some((row) => row.counts);
    return [{ ...own, ...none, session: start, is_start: true, counts }, ...later];
  });
}

export function wasMeasured(visit: TrialParticipant['visits'][number]): boolean {
  return Object.values(visit.volumes_ml).some((volume) => volume !== null);
}

// What the changes are drawn from, in words: the name that all share, or "the first visit".
export function startInWords(trial: Trial, measure: Measure): string {
  const drawn = trial.participants.flatMap((one) => {
    const session = startOf(one, measure);
    return session === undefined ? [] : [{ session, isFirst: session === one.visits[0]?.session }];
  });
  const names = new Set(drawn.map(({ session }) => session));
  const [name] = names;
  if (names.size === 1 && name) return name;
  return drawn.every(({ isFirst }) => isFirst) ? 'the first visit' : 'the starting visit';
}

// "sub-03, sub-07", or only how many where they are many.
const mostNames = 8;
function namesOf(ids: string[]): string {
  return ids.length <= mostNames ? ids.join(', ') : plural(ids.length, 'participant');
}

function byReason(people: { id: string; reason: string }[]): { reason: string; ids: string[] }[] {
  const groups = new Map<string, string[]>();
  for (const { id, reason } of people) groups.set(reason, [...(groups.get(reason) ?? []), id]);
  return [...groups].map(([reason, ids]) => ({ reason, ids }));
}

function whyNotStart(visit: TrialParticipant['visits'][number]): string {
  if (!wasMeasured(visit)) return 'was not measured';
  return visit.days === null ? 'has no date' : 'starts no change that is in the rates';
}

// Who is drawn from a later visit than the first, and why; a sentence each.
export function laterStarts(trial: Trial, measure: Measure): string[] {
  const later = trial.participants.flatMap((one) => {
    const start = startOf(one, measure);
    const first = one.visits[0];
    if (start === undefined || !first || start === first.session) return [];
    return [{ id: one.participant_id, reason: `from ${start}, because ${first.session} ${whyNotStart(first)}` }];
  });
  return byReason(later).map(({ reason, ids }) => `Drawn ${reason}: ${namesOf(ids)}.`);
}

function whyNotDrawn(participant: TrialParticipant, measure: Measure): string {
  const { changes, visits } = participant;
  if (participant.verdict === null) return 'no report';
  if (changes.length === 0)
    return visits.filter(wasMeasured).length < 2 ? 'fewer than two measured visits' : 'no change measured';
  if (changes.every((change) => change.percent[measure] === null)) return 'no change measured';
  return 'no dates';
}

// Who of the dataset is not drawn, and why; a sentence each.
export function notDrawn(trial: Trial, measure: Measure): string[] {
  const people = trial.participants
    .filter((one) => startOf(one, measure) === undefined)
    .map((one) => ({ id: one.participant_id, reason: whyNotDrawn(one, measure) }));
  return byReason(people).map(({ reason, ids }) => `Not drawn (${reason}): ${namesOf(ids)}.`);
}

export interface TimeAxis {
  unit: 'days' | 'months' | 'years';
  daysPerUnit: number;
}

export function timeAxis(rows: ChangeRow[]): TimeAxis {
  const last = Math.max(0, ...rows.map((row) => row.days));
  if (last > mostMonthsOnAxis * daysPerMonth) return { unit: 'years', daysPerUnit: daysPerYear };
  return last < fewestMonthsOnAxis * daysPerMonth
    ? { unit: 'days', daysPerUnit: 1 }
    : { unit: 'months', daysPerUnit: daysPerMonth };
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

// The chance that Student's t stays within ±t, for a whole number of degrees of freedom (Abramowitz and Stegun 26.7.3, 4).
function studentWithin(t: number, degrees: number): number {
  const angle = Math.atan(t / Math.sqrt(degrees));
  const cos2 = Math.cos(angle) ** 2;
  const isOdd = degrees % 2 === 1;
  let term = isOdd ? Math.cos(angle) : 1;
  let sum = degrees === 1 ? 0 : term;
  for (let k = isOdd ? 3 : 2; k < degrees; k += 2) {
    term *= (cos2 * (k - 1)) / k;
    sum += term;
  }
  return isOdd ? (2 / Math.PI) * (angle + Math.sin(angle) * sum) : Math.sin(angle) * sum;
}

// t between whose negative and itself 95 % lie, by halving.
function student95(degrees: number): number {
  let [low, high] = [0, 13]; // 12.7 for one degree of freedom, less for more
  for (let i = 0; i < 60; ++i) {
    const middle = (low + high) / 2;
    if (studentWithin(middle, degrees) < 0.95) low = middle;
    else high = middle;
  }
  return high;
}

export interface MeanRate {
  n: number;
  percent_per_year: number;
  interval_95: [number, number] | null; // null for one participant
}

// The mean of all participants with a rate that counts, with its interval by Student's t as groups have it.
export function meanRate(trial: Trial, measure: Measure): MeanRate | null {
  const values = rates(trial, measure).map((row) => row.percent_per_year);
  const n = values.length;
  if (n === 0) return null;
  const middle = mean(values);
  if (n === 1) return { n, percent_per_year: middle, interval_95: null };
  const variance = values.reduce((sum, value) => sum + (value - middle) ** 2, 0) / (n - 1);
  const half = student95(n - 1) * Math.sqrt(variance / n);
  return { n, percent_per_year: middle, interval_95: [middle - half, middle + half] };
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
