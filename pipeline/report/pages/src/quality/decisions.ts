// Decisions about visits as quality_decisions.tsv holds them, and how those of the page, of a file that was opened and of
// this browser are put together. Nothing here knows the DOM. pipeline/dataset/quality_decisions.h reads what is written.
import type { Decision } from '../page_data';

export interface DecisionRow extends Decision {
  participant_id: string; // "sub-01"
  session_id: string; // "ses-01"; "" speaks of the whole participant
}

// Made in this browser. `replaces`: the time of the decision that the reader saw and overruled, so that this one counts
// even where a clock was wrong; null where there was none.
export interface OwnDecision extends DecisionRow {
  replaces: string | null;
}

export interface VisitName {
  participant_id: string;
  session: string; // "" where the dataset has no sessions
}

export interface DecisionSources {
  page: (visit: VisitName) => Decision | null; // as the page was made
  opened: readonly DecisionRow[]; // of files that the reader opened; sessions as on the page
  own: ReadonlyMap<string, OwnDecision>; // by visitKey
}

const columns = ['participant_id', 'session_id', 'decision', 'reason', 'reader', 'time'] as const;

// The program refuses cells of more than 1000 bytes (base/error.cpp, one_line).
const mostCellBytes = 900;

export const visitKey = (participant: string, session: string): string => `${participant}\t${session}`;

// ------------------------------------------------------------------------------------------------------ cells and time
const bytesOf = (text: string): number => new TextEncoder().encode(text).length;

function shortened(text: string): string {
  if (bytesOf(text) <= mostCellBytes) return text;
  let short = '';
  let bytes = 0;
  for (const character of text) {
    bytes += bytesOf(character);
    if (bytes > mostCellBytes - 3) break;
    short += character;
  }
  return `${short.trimEnd()}…`;
}

// What the program takes for "nothing here" (pipeline/dataset/tsv.cpp, is_missing).
const isMissing = (cell: string): boolean => /^(n\/a|na|nan)?$/i.test(cell);

// One line of text that the program reads back as it is: no tabs, line ends or other control characters, no quotes around
// all of it. "" where nothing is left.
export function cleanCell(text: string): string {
  const line = text
    .replace(/\p{Surrogate}/gu, '')
    .replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029\s]+/g, ' ')
    .trim();
  const bare = line.length > 1 && line.startsWith('"') && line.endsWith('"') ? line.slice(1, -1).trim() : line;
  return isMissing(bare) ? '' : shortened(bare);
}

interface IsoTime {
  ms: number; // since 1970; a time without a zone is taken for UTC, as the program does
  hasZone: boolean;
}

export function isoTime(text: string): IsoTime | null {
  const parts = /^(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d(?::\d\d(?:[.,]\d+)?)?)(Z|[+-]\d\d(?::?\d\d)?)?)?$/i.exec(text);
  if (!parts) return null;
  const [, day, clock = '00:00', zone = ''] = parts;
  const offset = !zone || /z/i.test(zone) ? 'Z' : `${zone.slice(0, 3)}:${zone.slice(3).replace(':', '') || '00'}`;
  const ms = Date.parse(`${day}T${clock.replace(',', '.')}${offset}`);
  return Number.isNaN(ms) ? null : { ms, hasZone: zone !== '' };
}

// "2026-03-31T14:05:10+02:00": the clock on the reader's wall, and what it is in UTC.
export function localIsoTime(now: Date): string {
  const two = (value: number): string => String(Math.floor(Math.abs(value))).padStart(2, '0');
  const east = -now.getTimezoneOffset();
  const date = `${now.getFullYear()}-${two(now.getMonth() + 1)}-${two(now.getDate())}`;
  const clock = `${two(now.getHours())}:${two(now.getMinutes())}:${two(now.getSeconds())}`;
  return `${date}T${clock}${east === 0 ? 'Z' : `${east < 0 ? '-' : '+'}${two(east / 60)}:${two(Math.abs(east) % 60)}`}`;
}

// ------------------------------------------------------------------------------------------------------- which counts
const timeOf = (decision: Decision): number => isoTime(decision.time)?.ms ?? Number.NEGATIVE_INFINITY;

// The later one; of two at the same time the second.
const later = <T extends Decision>(a: T | null, b: T): T => (a && timeOf(a) > timeOf(b) ? a : b);

function isAbout(row: DecisionRow, visit: VisitName): boolean {
  return row.participant_id === visit.participant_id && (row.session_id === '' || row.session_id === visit.session);
}

// What was decided before this browser's reader did: by the page and by files that were opened.
export function recordedDecision(visit: VisitName, sources: DecisionSources): Decision | null {
  let recorded = sources.page(visit);
  for (const row of sources.opened) if (isAbout(row, visit)) recorded = later<Decision>(recorded, row);
  return recorded;
}

export function decisionOf(visit: VisitName, sources: DecisionSources): Decision | null {
  const recorded = recordedDecision(visit, sources);
  const own = sources.own.get(visitKey(visit.participant_id, visit.session));
  if (!own || !recorded) return own ?? recorded;
  return own.replaces === recorded.time ? own : later(recorded, own);
}

// ------------------------------------------------------------------------------------------------------------- the file
const rowOf = (visit: VisitName, decision: Decision): DecisionRow => ({
  participant_id: visit.participant_id,
  session_id: visit.session,
  decision: decision.decision,
  reason: decision.reason,
  reader: decision.reader,
  time: decision.time,
});

// Rows that the program can put in order beside the one that counts; it refuses a pass and a fail at the same time, or
// where one of two times names no time zone (then the earlier decision is left out).
function earlierRows(visit: VisitName, counts: Decision, sources: DecisionSources): DecisionRow[] {
  const end = isoTime(counts.time);
  const page = sources.page(visit);
  const candidates = sources.opened.filter((row) => isAbout(row, visit)).map((row) => rowOf(visit, row));
  if (page) candidates.unshift(rowOf(visit, page));
  return candidates.filter((row, index) => {
    const time = isoTime(row.time);
    const isNew = candidates.findIndex((other) => isoTime(other.time)?.ms === time?.ms) === index;
    return isNew && end !== null && time !== null && time.hasZone && end.hasZone && time.ms < end.ms;
  });
}

// All rows of the new file, sorted, so that it can replace the old one: what counts for each visit, what it replaced as
// far as that can be put in order, and rows about visits that the page does not have.
export function rowsToExport(visits: readonly VisitName[], sources: DecisionSources): DecisionRow[] {
  const rows: DecisionRow[] = sources.opened.filter((row) => !visits.some((visit) => isAbout(row, visit)));
  for (const visit of visits) {
    const counts = decisionOf(visit, sources);
    if (counts) rows.push(...earlierRows(visit, counts, sources), rowOf(visit, counts));
  }
  const order = (row: DecisionRow): string => visitKey(row.participant_id, row.session_id);
  return rows.sort((a, b) => (order(a) < order(b) ? -1 : order(a) > order(b) ? 1 : timeOf(a) - timeOf(b)));
}

export function decisionsAsTsv(rows: readonly DecisionRow[]): string {
  const line = (cells: readonly string[]): string => `${cells.map((cell) => cleanCell(cell) || 'n/a').join('\t')}\n`;
  return columns.join('\t') + '\n' + rows.map((row) => line(columns.map((column) => row[column]))).join('');
}

export interface OpenedTable {
  rows: DecisionRow[];
  problems: string[]; // sentences; rows with a problem are not among `rows`
}

// Reads what the program reads: a byte-order mark, any line ends, quotes around cells. `visits`: those of the page, for
// labels written without "sub-" or "ses-".
export function parseDecisions(text: string, visits: readonly VisitName[]): OpenedTable {
  const lines = text.replace(/^\ufeff/, '').split(/\r\n|\r|\n/);
  const cellsOf = (line: string): string[] => line.split('\t').map(cleanCell);
  const start = lines.findIndex((line) => line.trim() !== '');
  const header = start < 0 ? [] : cellsOf(lines[start] ?? '');
  const missing = columns.filter((column) => !header.includes(column));
  if (missing.length > 0)
    return {
      rows: [],
      problems: [
        `The file has no column ${missing.join(', ')}. Open a quality_decisions.tsv with the columns ${columns.join(', ')}, separated by tabs.`,
      ],
    };
  const known = new Set(visits.flatMap((visit) => [visit.participant_id, visit.session]));
  const label = (cell: string, prefix: string): string =>
    cell === '' || cell.startsWith(prefix) || (known.has(cell) && !known.has(prefix + cell)) ? cell : prefix + cell;
  const result: OpenedTable = { rows: [], problems: [] };
  lines.forEach((line, index) => {
    if (index <= start || line.trim() === '') return;
    const cells = cellsOf(line);
    const cell = (column: (typeof columns)[number]): string => cells[header.indexOf(column)] ?? '';
    const decision = cell('decision').toLowerCase();
    const empty = (['participant_id', 'reason', 'reader', 'time'] as const).find((column) => cell(column) === '');
    const refuse = (why: string): void => void result.problems.push(`Line ${index + 1} is left out: ${why}.`);
    if (empty) return refuse(`${empty} is empty`);
    if (decision !== 'pass' && decision !== 'fail')
      return refuse(`decision '${cell('decision')}' is neither pass nor fail`);
    if (!isoTime(cell('time'))) return refuse(`time '${cell('time')}' is not like 2026-03-31T14:05`);
    result.rows.push({
      participant_id: label(cell('participant_id'), 'sub-'),
      session_id: label(cell('session_id'), 'ses-'),
      decision,
      reason: cell('reason'),
      reader: cell('reader'),
      time: cell('time'),
    });
  });
  return result;
}
