// The board's words: verdicts, checks and reasons as a reader knows them.
import type { Check, QualityVisit, Verdict } from '../page_data';

export const verdictWords: Record<Verdict, string> = {
  fail: 'Fails a check',
  warn: 'Warning',
  pass: 'No warnings',
};

// Where a visit stands on the board, worst first. A visit that was not measured fails nothing for that alone: its own
// group has it, unless one of its checks fails.
export type Standing = 'fail' | 'unmeasured' | 'warn' | 'pass';
export const standings: readonly Standing[] = ['fail', 'unmeasured', 'warn', 'pass'];

export function standingOf(visit: QualityVisit): Standing {
  if (!visit.usable) return 'fail';
  if (visit.not_measured_because === null) return visit.verdict;
  const checks = [...visit.checks, ...visit.pairs.flatMap((pair) => pair.checks)];
  return checks.some((check) => check.verdict === 'fail') ? 'fail' : 'unmeasured';
}

export const standingTitles: Record<Standing, string> = {
  fail: verdictWords.fail,
  unmeasured: 'Not measured',
  warn: 'Warnings',
  pass: verdictWords.pass,
};

// The page's visits as the board's groups have them; the order within a group is the page's.
export const inGroups = (visits: readonly QualityVisit[]): QualityVisit[] =>
  standings.flatMap((standing) => visits.filter((visit) => standingOf(visit) === standing));

// Names that do not read well with their underscores taken out.
const checkNames: Record<string, string> = {
  t1w_contrast: 'T1-weighted contrast',
  t1w_tissues: 'T1-weighted tissues',
  csf_contrast: 'CSF contrast',
  template_lead: 'lead of the best place',
  head_turned: 'head turned',
  left_right: 'left and right',
  same_data: 'same data twice',
  orientation: 'orientation known',
  measurements_agree: 'the two measurements agree',
  order_known: 'order of visits known',
  brain_in_skull: 'brain fills the skull',
  usable: 'scan can be used',
};

export const checkName = (name: string): string => checkNames[name] ?? name.replaceAll('_', ' ');

// Enough digits to compare value and limit, no more.
export function figure(value: number | null): string {
  if (value === null) return '';
  const digits =
    Math.abs(value) >= 100 ? 0 : Math.abs(value) >= 10 ? 1 : Math.abs(value) >= 0.01 || value === 0 ? 2 : 5;
  return value.toFixed(digits).replace('-', '−');
}

export const valueAndLimit = (check: Check): string =>
  check.value === null ? '' : figure(check.value) + (check.limit === null ? '' : ` (limit ${figure(check.limit)})`);

export const sessionWords = (session: string): string => session || 'single visit';
export const visitTitle = (visit: Pick<QualityVisit, 'participant_id' | 'session'>): string =>
  visit.session ? `${visit.participant_id} ${visit.session}` : visit.participant_id;

export interface Finding {
  verdict: Verdict;
  about: string; // "" for the scan itself, else "ses-01 to ses-02"
  check: Check;
}

// What warns or fails, worst first, of the scan before of its pairs.
export function findingsOf(visit: QualityVisit): Finding[] {
  const own = visit.checks.map((check) => ({ verdict: check.verdict, about: '', check }));
  const pairs = visit.pairs.flatMap((pair) =>
    pair.checks.map((check) => ({ verdict: check.verdict, about: `${pair.from} to ${pair.to}`, check })),
  );
  const found = [...own, ...pairs].filter((finding) => finding.verdict !== 'pass');
  return [
    ...found.filter((finding) => finding.verdict === 'fail'),
    ...found.filter((finding) => finding.verdict === 'warn'),
  ];
}

export const sentenceOf = (check: Check): string =>
  check.sentence || `The check “${checkName(check.name)}” ${check.verdict === 'fail' ? 'fails' : 'warns'}.`;

// Reasons to choose from by their number. The last one needs a note.
export const failReasons = [
  'motion',
  'brain outline wrong',
  'wrong person, date or side',
  'contrast agent given',
  'brain cut off by the field of view',
  'artifact or distortion',
  'not a usable T1-weighted scan',
  'disease or surgery that breaks the measurement',
  'other',
];
export const passReasons = [
  'the scan is good; the check is wrong here',
  'the fault is real but does not reach the brain',
  'person, date and side confirmed at the site',
  'other',
];

export const unmeasuredPassReasons = [
  'the scan is good: looked at in another program',
  'person, date and side confirmed at the site',
  'other',
];

// What a pass says where nobody is asked for a reason.
export const plainPassReason = (verdict: Verdict): string =>
  verdict === 'warn' ? 'warnings looked at; the scan can be used' : 'looks good';
