// What the page says of a report, worked out once.
import type { Check, Measure, ParticipantPage, ParticipantReport, Verdict } from '../page_data';
import { measures } from '../shared/format';

export type Change = ParticipantReport['changes'][number];
export type Visit = ParticipantReport['visits'][number];

// 95 % of a normal distribution lies within so many standard errors.
const errorsIn95 = 1.96;

export function interval95(value: number | null, error: number | null): [number, number] | null {
  if (value === null || error === null) return null;
  return [value - errorsIn95 * error, value + errorsIn95 * error];
}

export function pairOf(change: { from: string; to: string }): string {
  return `${change.from} to ${change.to}`;
}

// A dataset without sessions has one visit for each person, and no name for it.
export const sessionWords = (session: string): string => session || 'single visit';

export const wasMeasured = (visit: Visit): boolean => visit.volumes_ml.brain !== null;
export const isMeasured = (change: Change): boolean => change.percent.brain !== null;

function placesOf(report: ParticipantReport): (session: string) => number {
  const order = new Map(report.visits.map((visit, index) => [visit.session, index]));
  return (session) => order.get(session) ?? 0;
}

export interface Headline {
  change: Change;
  counts: boolean; // false: it is excluded from the rates, and so is every other change
}

// What the page speaks of first: the change over the most visits, of those that count in the rates where any does.
export function headlineOf({ report, counts }: ParticipantPage): Headline | null {
  const place = placesOf(report);
  const span = ({ change }: Headline) => place(change.to) - place(change.from);
  const measured = report.changes
    .map((change, index) => ({ change, counts: counts.changes[index] ?? true }))
    .filter(({ change }) => isMeasured(change));
  const counted = measured.filter((one) => one.counts);
  return (counted.length > 0 ? counted : measured).reduce<Headline | null>(
    (best, one) => (!best || span(one) > span(best) ? one : best),
    null,
  );
}

export function rateInterval(report: ParticipantReport, measure: Measure): [number, number] | null {
  const entry = report.rate_intervals?.[measure] as { rate?: { interval_95?: [number, number] } } | undefined;
  return entry?.rate?.interval_95 ?? null;
}

export interface ScopedCheck extends Check {
  scope: string; // "ses-01", "ses-01 to ses-02", "participant"
}

const ofPerson = 'participant';

export function allChecks(report: ParticipantReport): ScopedCheck[] {
  const scoped = (scope: string, checks: Check[]) => checks.map((check) => ({ ...check, scope }));
  return [
    ...scoped(ofPerson, report.quality.checks),
    ...report.visits.flatMap((visit) => scoped(sessionWords(visit.session), visit.quality.checks)),
    ...report.changes.flatMap((change) => scoped(pairOf(change), change.quality.checks)),
  ];
}

const rank: Record<Verdict, number> = { fail: 0, warn: 1, pass: 2 };

export interface Warning {
  scope: string; // the visit or pair; "" where the sentence names it, or it is of the person
  sentence: string;
}

const passedByReader = (visit: Visit | undefined): boolean => visit?.decision?.decision === 'pass';
const failedByReader = (visit: Visit | undefined): boolean => visit?.decision?.decision === 'fail';

// Places whose checks a reader's decisions settle, as the program has it (report/exclusion.cpp).
function settledScopes(report: ParticipantReport): Set<string> {
  const visitOf = (session: string) => report.visits.find((visit) => visit.session === session);
  const visits = report.visits.filter((visit) => visit.decision).map((visit) => sessionWords(visit.session));
  const pairs = report.changes
    .map((change) => ({ change, ends: [visitOf(change.from), visitOf(change.to)] }))
    .filter(({ ends }) => ends.some(failedByReader) || ends.every(passedByReader))
    .map(({ change }) => pairOf(change));
  const left = report.visits.filter((visit) => visit.measured_together && !failedByReader(visit));
  const person = left.length > 0 && left.every(passedByReader) ? [ofPerson] : [];
  return new Set([...visits, ...pairs, ...person]);
}

// Who passed a visit whose own check, or whose pair's, fails.
export function overrulers(report: ParticipantReport): string[] {
  const settled = settledScopes(report);
  const isOverruled = allChecks(report).some((check) => check.verdict === 'fail' && settled.has(check.scope));
  const readers = report.visits.filter(passedByReader).map((visit) => visit.decision!.reader);
  return isOverruled ? [...new Set(readers)] : [];
}

// What a person must look at, the worst first; each only once. What a reader settled is not asked again.
export function warningsOf(report: ParticipantReport): Warning[] {
  const settled = settledScopes(report);
  const asks = allChecks(report).filter((check) => check.verdict !== 'pass' && check.sentence);
  const flagged = asks.filter((check) => !settled.has(check.scope)).sort((a, b) => rank[a.verdict] - rank[b.verdict]);
  const answered = asks.filter((check) => settled.has(check.scope)).map((check) => check.sentence);
  const named = (scope: string, sentence: string) => scope === ofPerson || sentence.includes(scope);
  const decided = report.visits.filter(failedByReader).map((visit) => {
    const { reader, reason } = visit.decision!;
    const parts = [`Excluded by ${reader}`, visit.session, reason];
    return { scope: '', sentence: parts.filter(Boolean).join(': ') };
  });
  const all = [
    ...decided,
    ...flagged.map(({ scope, sentence }) => ({ scope: named(scope, sentence) ? '' : scope, sentence })),
    ...report.warnings
      .filter((sentence) => !answered.some((one) => sentence.endsWith(one)))
      .map((sentence) => ({ scope: '', sentence })),
  ];
  const seen = new Set<string>();
  return all.filter(({ scope, sentence }) => {
    const key = `${scope}: ${sentence}`;
    const isNew = !seen.has(key) && !(scope === '' && [...seen].some((one) => one.endsWith(`: ${sentence}`)));
    seen.add(key);
    return isNew;
  });
}

export function drift_percent(visit: Visit): number | null {
  const value = visit.quality['calibration_drift_percent'];
  return typeof value === 'number' ? value : null;
}

export function hasDose(page: ParticipantPage): boolean {
  return !page.blinded && page.report.dose_group !== null;
}

// Time of a visit on a chart: its day, or its place where there are no days.
export function timeOf(report: ParticipantReport, session: string): number | null {
  const index = report.visits.findIndex((visit) => visit.session === session);
  if (index < 0) return null;
  return hasDays(report) ? (report.visits[index]!.days ?? null) : index + 1;
}

// Two visits with a day make an axis of days; a visit without one is then not drawn, and the chart says so.
export function hasDays(report: ParticipantReport): boolean {
  return report.visits.filter((visit) => visit.days !== null).length > 1;
}

// Whether the visit is in the rates.
export function visitCounts({ report, counts }: ParticipantPage, session: string): boolean {
  return counts.visits[report.visits.findIndex((visit) => visit.session === session)] ?? true;
}

export interface TrajectoryPoint {
  session: string;
  time: number;
  measure: Measure;
  change_percent: number;
  low: number | null;
  high: number | null;
  counts: boolean; // in the rates
}

export interface Trajectory {
  start: string | null; // the visit that changes are measured from; null where none is measured
  points: TrajectoryPoint[];
  notDrawn: { session: string; because: string }[];
}

// The first visit that a change starts from which counts in the rates; where none counts, that any change starts from.
function startOf({ report, counts }: ParticipantPage): string | null {
  const place = placesOf(report);
  const measured = report.changes.map((change, index) => ({ change, counts: counts.changes[index] ?? true }));
  const from = (some: typeof measured) =>
    some
      .filter(({ change }) => isMeasured(change))
      .map(({ change }) => change.from)
      .sort((a, b) => place(a) - place(b))[0];
  return from(measured.filter((one) => one.counts)) ?? from(measured) ?? null;
}

function whyNotDrawn(page: ParticipantPage, visit: Visit, start: string): string {
  const hasChange = page.report.changes.some(
    (change) => change.from === start && change.to === visit.session && isMeasured(change),
  );
  if (failedByReader(visit)) return `excluded by ${visit.decision!.reader}`;
  if ((visit.session === start || hasChange) && visit.days === null) return 'has no day';
  return `no change between it and ${start} was measured`;
}

export function trajectory(page: ParticipantPage): Trajectory {
  const { report, counts } = page;
  const start = startOf(page);
  if (start === null) return { start, points: [], notDrawn: [] };
  const points: TrajectoryPoint[] = [];
  for (const measure of measures) {
    const time = timeOf(report, start);
    const atStart = { session: start, measure, change_percent: 0, low: null, high: null };
    if (time !== null) points.push({ ...atStart, time, counts: visitCounts(page, start) });
    report.changes.forEach((change, index) => {
      const time = timeOf(report, change.to);
      const value = change.percent[measure];
      if (change.from !== start || time === null || value === null) return;
      const [low, high] = interval95(value, change.standard_error[measure]) ?? [null, null];
      const point = { session: change.to, time, measure, change_percent: value, low, high };
      points.push({ ...point, counts: counts.changes[index] ?? true });
    });
  }
  const drawn = new Set(points.map((point) => point.session));
  const notDrawn = report.visits
    .filter((visit) => !drawn.has(visit.session))
    .map((visit) => ({ session: sessionWords(visit.session), because: whyNotDrawn(page, visit, start) }));
  return { start, points, notDrawn };
}

export interface Measurement {
  pair: string;
  measure: Measure;
  method: 'deformation' | 'boundary shift';
  percent: number;
  standard_error: number | null;
  low: number | null;
  high: number | null;
  counts: boolean; // the pair is in the rates
}

export function measurements({ report, counts }: ParticipantPage): Measurement[] {
  return report.changes.flatMap((change, index) =>
    measures.flatMap((measure) => {
      const pair = pairOf(change);
      const both = [
        { method: 'deformation' as const, values: change },
        { method: 'boundary shift' as const, values: change.boundary_shift },
      ];
      return both.flatMap(({ method, values }) => {
        const percent = values?.percent[measure] ?? null;
        if (percent === null) return [];
        const standard_error = values?.standard_error[measure] ?? null;
        const [low, high] = interval95(percent, standard_error) ?? [null, null];
        return [{ pair, measure, method, percent, standard_error, low, high, counts: counts.changes[index] ?? true }];
      });
    }),
  );
}
