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

// From the first visit to the last that was measured with it: what the page speaks of first.
export function headlineChange(report: ParticipantReport): Change | null {
  const measured = report.changes.filter((change) => change.percent.brain !== null);
  const order = new Map(report.visits.map((visit, index) => [visit.session, index]));
  const place = (session: string) => order.get(session) ?? 0;
  const span = (change: Change) => place(change.to) - place(change.from);
  return measured.reduce<Change | null>((best, change) => (!best || span(change) > span(best) ? change : best), null);
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
    ...report.visits.flatMap((visit) => scoped(visit.session || 'visit', visit.quality.checks)),
    ...report.changes.flatMap((change) => scoped(pairOf(change), change.quality.checks)),
  ];
}

const rank: Record<Verdict, number> = { fail: 0, warn: 1, pass: 2 };

export interface Warning {
  scope: string; // the visit or pair; "" where the sentence names it, or it is of the person
  sentence: string;
}

// What a person must look at, the worst first; each only once.
export function warningsOf(report: ParticipantReport): Warning[] {
  const flagged = allChecks(report)
    .filter((check) => check.verdict !== 'pass' && check.sentence)
    .sort((a, b) => rank[a.verdict] - rank[b.verdict]);
  const named = (scope: string, sentence: string) => scope === ofPerson || sentence.includes(scope);
  const all = [
    ...flagged.map(({ scope, sentence }) => ({ scope: named(scope, sentence) ? '' : scope, sentence })),
    ...report.warnings.map((sentence) => ({ scope: '', sentence })),
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

// Time of a visit on a chart: days, or its place where there are no days.
export function timeOf(report: ParticipantReport, session: string): number | null {
  const index = report.visits.findIndex((visit) => visit.session === session);
  if (index < 0) return null;
  return hasDays(report) ? (report.visits[index]!.days ?? null) : index + 1;
}

export function hasDays(report: ParticipantReport): boolean {
  return report.visits.every((visit) => visit.days !== null);
}

export interface TrajectoryPoint {
  session: string;
  time: number;
  measure: Measure;
  change_percent: number;
  low: number | null;
  high: number | null;
}

export function trajectory(report: ParticipantReport): TrajectoryPoint[] {
  const first = report.visits[0];
  if (!first) return [];
  const points: TrajectoryPoint[] = [];
  for (const measure of measures) {
    const start = timeOf(report, first.session);
    if (start !== null) points.push({ session: first.session, time: start, measure, change_percent: 0, low: null, high: null });
    for (const change of report.changes.filter(({ from }) => from === first.session)) {
      const time = timeOf(report, change.to);
      const value = change.percent[measure];
      if (time === null || value === null) continue;
      const [low, high] = interval95(value, change.standard_error[measure]) ?? [null, null];
      points.push({ session: change.to, time, measure, change_percent: value, low, high });
    }
  }
  return points;
}

export interface Measurement {
  pair: string;
  measure: Measure;
  method: 'deformation' | 'boundary shift';
  percent: number;
  standard_error: number | null;
  low: number | null;
  high: number | null;
}

export function measurements(report: ParticipantReport): Measurement[] {
  return report.changes.flatMap((change) =>
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
        return [{ pair, measure, method, percent, standard_error, low, high }];
      });
    }),
  );
}
