// Pages on paper, as `chromium --headless --print-to-pdf` makes them.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { test } from 'node:test';
import { chromiumPath } from './browser.mjs';
import { dataOf, firstParticipantPage, pageFile, scratchPath, withData } from './pages.mjs';

const a4_points = [595, 842];

async function print(file) {
  const pdf = scratchPath('page.pdf');
  const flags = [
    '--headless',
    '--no-sandbox',
    '--disable-background-networking',
    '--use-gl=angle',
    '--use-angle=swiftshader',
    '--enable-unsafe-swiftshader',
  ];
  // The clock of the page runs ahead to the end of what it waits for; then it is printed.
  await promisify(execFile)(
    chromiumPath,
    [
      ...flags,
      `--user-data-dir=${scratchPath('profile')}`,
      '--virtual-time-budget=20000',
      `--print-to-pdf=${pdf}`,
      '--no-pdf-header-footer',
      pathToFileURL(file).href,
    ],
    { timeout: 120_000 },
  );
  assert.ok(existsSync(pdf), 'chromium wrote a PDF');
  return readFileSync(pdf, 'latin1');
}

const pageCount = (pdf) => pdf.match(/\/Type\s*\/Page\b(?!s)/g)?.length ?? 0;

function assertA4(pdf) {
  const boxes = [...pdf.matchAll(/\/MediaBox\s*\[\s*0 0 ([\d.]+) ([\d.]+)\s*\]/g)];
  assert.ok(boxes.length > 0, 'the PDF gives the size of its pages');
  for (const [, width, height] of boxes)
    assert.ok(Math.abs(width - a4_points[0]) < 2 && Math.abs(height - a4_points[1]) < 2, `${width} x ${height} points`);
}

async function saved(pdf) {
  const file = scratchPath('page.pdf');
  await writeFile(file, pdf, 'latin1');
  return file;
}

// What can be read on the sheets, in one line.
async function textOf(pdf) {
  const { stdout } = await promisify(execFile)('pdftotext', [await saved(pdf), '-'], { maxBuffer: 1 << 24 });
  return stdout.replace(/\s+/g, ' ');
}

const wordsOf = (text) => text.replace(/[\s\u202f]+/g, ' ').trim();

// The trial as it is, and one of 100 participants of whom a fifth have something that a person should look at.
const many = 100;
function trialOfMany(data) {
  const people = data.participants;
  const numbered = (n) => `sub-${String(n + 1).padStart(3, '0')}`;
  data.participants = Array.from({ length: many }, (_, n) => {
    const one = structuredClone({ ...people[n % people.length], participant_id: numbered(n) });
    if (n % 5 !== 0) return one;
    one.flags = ['ses-02: The scan is noisy (0.41, limit 0.35).'];
    one.verdict = 'fail';
    one.left_out_because = 'Failed quality: ses-02: The scan is noisy (0.41, limit 0.35).';
    for (const change of one.changes) change.counts = false;
    return one;
  });
  data.trial.quality.needs_a_look = data.participants
    .filter((one) => one.flags.length > 0)
    .map(({ participant_id, flags }) => ({
      participant_id,
      session: 'ses-02',
      check: 'noise',
      verdict: 'fail',
      sentence: flags[0],
    }));
}

const trialPage = pageFile('trial.html');
const trials = { 'trial of this run': () => trialPage, [`trial of ${many}`]: () => withData(trialPage, trialOfMany) };

for (const [name, file] of Object.entries(trials))
  test(`the page of a ${name} prints on four sheets of A4 at the most, with its finding, charts and tests`, async () => {
    const pdf = await print(file());
    assertA4(pdf);
    const pages = pageCount(pdf);
    assert.ok(pages >= 1 && pages <= 4, `${pages} pages`);
    const text = await textOf(pdf);
    const { trial } = dataOf(trialPage);
    const { sentence } = trial.dose_response.brain;
    assert.ok(text.includes(wordsOf(sentence.slice(0, sentence.search(/[:.]/)))), 'the headline');
    assert.match(text, /Negative = loss/);
    for (const heading of ['Change in brain volume of each participant', 'by dose', 'by dose group', 'Tests, and what'])
      assert.ok(text.includes(heading), heading);
    // The axes and legends of the drawings are text too.
    for (const words of [
      'Change in brain volume (%)',
      'Fitted trend and its 95 % interval',
      'Multiple sclerosis −0.51',
    ])
      assert.ok(text.includes(words), words);
    for (const group of trial.dose_groups) assert.ok(text.includes(`${group.dose_group}: ${group.dose}`), group.file);
    for (const heading of ['Who is left out', 'Analysis plan', 'Methods', 'Provenance'])
      assert.ok(text.includes(heading), heading);
    assert.ok(text.includes(`Wane ${trial.version}`), 'the version');
  });

test('tables that are too long for paper name the page that has them', async () => {
  const text = await textOf(await print(trials[`trial of ${many}`]()));
  assert.ok(text.includes(`Participants: ${many} rows are too many for paper. See trial.html.`));
  assert.ok(!text.includes('sub-099'));
});

test('the page of a participant prints on two sheets of A4 at the most, with what a person signs', async () => {
  const pdf = await print(firstParticipantPage);
  assertA4(pdf);
  const pages = pageCount(pdf);
  assert.ok(pages >= 1 && pages <= 2, `${pages} pages`);
  const text = await textOf(pdf);
  const { report, picture, viewer } = dataOf(firstParticipantPage);
  for (const words of [
    report.participant_id,
    'Negative = loss',
    `Wane ${report.version}`,
    ...report.visits.map((visit) => visit.session),
  ])
    assert.ok(text.includes(words), words);
  const rate = report.rates_percent_per_year?.brain;
  if (typeof rate === 'number') assert.ok(text.includes(rate.toFixed(2).replace('-', '−')), 'the rate');
  assert.match(text, /Quality: (pass|look|fail)/, 'the verdict');
  for (const words of ['Change since', 'Scans accepted', 'not accepted', 'Signature', 'Date'])
    assert.ok(text.includes(words), words);
  if (viewer) for (const words of ['Axial', 'Coronal', 'Sagittal']) assert.ok(text.includes(words), words);
  const { stdout } = await promisify(execFile)('pdfimages', ['-list', await saved(pdf)]);
  if (picture)
    assert.ok(
      stdout.split('\n').some((line) => /\bimage\b/.test(line)),
      'the three planes',
    );
});

test('a PDF without a page size is not taken for A4', () => {
  assert.throws(() => assertA4('%PDF-1.4 /Type /Page'));
  assert.throws(() => assertA4('/MediaBox [0 0 612 792]'));
  assertA4('/MediaBox [0 0 594.96 841.92]');
});
