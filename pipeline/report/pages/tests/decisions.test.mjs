// What stands in an exported quality_decisions.tsv. The board's own code, without a browser.
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const source = join(fileURLToPath(new URL('.', import.meta.url)), '../src/quality/decisions.ts');
const bundle = await build({ entryPoints: [source], bundle: true, write: false, format: 'esm' });
const { cleanCell, decisionOf, decisionsAsTsv, isoTime, localIsoTime, parseDecisions, rowsToExport } = await import(
  `data:text/javascript;base64,${Buffer.from(bundle.outputFiles[0].text).toString('base64')}`
);

const visits = ['ses-01', 'ses-02'].map((session) => ({ participant_id: 'sub-01', session }));
const decided = (decision, time, reason = 'looks good') => ({ decision, reason, reader: 'A. Reader', time });
const row = (session_id, decision) => ({ participant_id: 'sub-01', session_id, ...decision });
const own = (session_id, decision, replaces = null) => [
  `sub-01\t${session_id}`,
  { ...row(session_id, decision), replaces },
];
const sources = ({ page = () => null, opened = [], owns = [] }) => ({ page, opened, own: new Map(owns) });

test('a cell is one line that the program reads back as it is', () => {
  assert.equal(cleanCell('rings\tin the\r\nfrontal \u0007lobe '), 'rings in the frontal lobe');
  assert.equal(cleanCell('"quoted"'), 'quoted');
  assert.equal(cleanCell('n/a'), '');
  assert.equal(cleanCell('<script>alert(1)</script>'), '<script>alert(1)</script>');
  assert.ok(Buffer.byteLength(cleanCell('ä'.repeat(2000))) <= 900);
  assert.equal(cleanCell('lone \ud800 half'), 'lone half');
});

test('a time has the zone of the reader’s clock and is the moment that it was', () => {
  const now = new Date(2026, 10, 27, 21, 5, 9);
  const text = localIsoTime(now);
  assert.match(text, /^2026-11-27T21:05:09(Z|[+-]\d\d:\d\d)$/);
  assert.deepEqual(isoTime(text), { ms: now.getTime(), hasZone: true });
});

test('times are read as the program reads them', () => {
  const noon = Date.UTC(2026, 2, 31, 12);
  for (const text of [
    '2026-03-31T12:00',
    '2026-03-31 12:00:00,000',
    '2026-03-31T14:00+02',
    '2026-03-31T14:00:00.0+0200',
    '2026-03-31T12:00Z',
  ])
    assert.equal(isoTime(text)?.ms, noon, text);
  assert.equal(isoTime('2026-03-31').ms, Date.UTC(2026, 2, 31));
  for (const text of ['31.3.2026', '2026-13-01', '2026-03-31T25:00', '2026-03-31Z', 'now'])
    assert.equal(isoTime(text), null, text);
});

test('the later decision counts, and the one that the reader overruled does not, whatever its clock said', () => {
  const recorded = decided('fail', '2030-01-01T00:00Z', 'motion');
  const page = (visit) => (visit.session === 'ses-01' ? recorded : null);
  const pass = decided('pass', '2026-01-01T00:00Z');
  assert.equal(decisionOf(visits[0], sources({ page, owns: [own('ses-01', pass)] })).decision, 'fail');
  assert.equal(decisionOf(visits[0], sources({ page, owns: [own('ses-01', pass, recorded.time)] })).decision, 'pass');
});

test('a decision about a whole participant counts for each visit until a visit has a later one', () => {
  const opened = [row('', decided('fail', '2026-01-01T08:00Z', 'withdrew consent'))];
  const state = sources({ opened, owns: [own('ses-02', decided('pass', '2026-01-02T08:00Z'))] });
  assert.equal(decisionOf(visits[0], state).decision, 'fail');
  assert.equal(decisionOf(visits[1], state).decision, 'pass');
  assert.deepEqual(
    rowsToExport(visits, state).map((one) => [one.session_id, one.decision]),
    [
      ['ses-01', 'fail'],
      ['ses-02', 'fail'],
      ['ses-02', 'pass'],
    ],
  );
});

test('an earlier decision is kept where the program can tell the order, and left out where it cannot', () => {
  const zoned = sources({
    page: () => decided('fail', '2026-01-01T08:00Z'),
    owns: [own('ses-01', decided('pass', '2026-01-02T08:00Z'))],
  });
  assert.equal(rowsToExport(visits.slice(0, 1), zoned).length, 2);
  const bare = sources({
    page: () => decided('fail', '2026-01-01T08:00'),
    owns: [own('ses-01', decided('pass', '2026-01-02T08:00Z'))],
  });
  assert.deepEqual(
    rowsToExport(visits.slice(0, 1), bare).map((one) => one.decision),
    ['pass'],
  );
});

test('rows about visits that the page does not have stay in the file', () => {
  const other = { participant_id: 'sub-99', session_id: 'ses-01', ...decided('fail', '2026-01-01') };
  assert.deepEqual(rowsToExport(visits, sources({ opened: [other] })), [other]);
});

test('an exported file is read back as it was', () => {
  const rows = [
    row('ses-01', decided('fail', '2026-01-01T08:00Z', 'motion: a\tb "c"')),
    row('', decided('pass', '2026-01-02T08:00Z')),
  ];
  const { rows: read, problems } = parseDecisions(decisionsAsTsv(rows), visits);
  assert.deepEqual(problems, []);
  assert.deepEqual(read, [{ ...rows[0], reason: 'motion: a b "c"' }, rows[1]]);
});

test('a file from a spreadsheet is read, and what is wrong in it is named by line', () => {
  const text =
    '\ufeffdecision\tparticipant_id\tsession_id\treason\treader\ttime\r\nPASS\t01\t"02"\tok\tR\t2026-01-01\r\nperhaps\tsub-01\tses-01\tx\tR\t2026-01-01\r\npass\tsub-01\tses-01\tn/a\tR\t2026-01-01\r\n';
  const { rows, problems } = parseDecisions(text, visits);
  assert.deepEqual(rows, [
    { participant_id: 'sub-01', session_id: 'ses-02', decision: 'pass', reason: 'ok', reader: 'R', time: '2026-01-01' },
  ]);
  assert.equal(problems.length, 2);
  assert.match(problems[0], /^Line 3 .*perhaps/);
  assert.match(problems[1], /^Line 4 .*reason is empty/);
  assert.match(parseDecisions('a\tb\n', visits).problems[0], /has no column participant_id/);
});
