// What a page must not do: run what stands in the data, or tell a blinded reader the doses.
import assert from 'node:assert/strict';
import { cpSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { launch, openFile } from './browser.mjs';
import {
  copyOfReports,
  dataOf,
  dataset,
  firstParticipantPage,
  pageFile,
  scratchPath,
  wane,
  withData,
} from './pages.mjs';

let browser;
before(async () => void (browser = await launch()));
after(() => browser.close());

const script = '</script><script>window.hacked = 1</script><img src=x onerror="window.hacked = 2">';

async function staysText(file, options) {
  const { page, faults, context } = await openFile(browser, file, options);
  await page.locator('h1').first().waitFor();
  await page.waitForTimeout(500);
  assert.equal(await page.evaluate(() => window.hacked), undefined);
  assert.ok(
    (await page.locator('main').evaluate((main) => main.textContent)).includes('window.hacked = 1'),
    'it is shown as text',
  );
  assert.equal(await page.locator('main script, main img[src="x"]').count(), 0);
  assert.deepEqual(faults, []);
  await context.close();
}

test('a script in names, flags and reasons stays text on the trial page', () =>
  staysText(
    withData(pageFile('trial.html'), (data) => {
      data.participants[0].participant_id = `sub-${script}`;
      data.participants[1].flags = [script];
      data.participants[2].left_out_because = script;
      data.trial.warnings = [script];
    }),
  ));

test('a script in notes, warnings and decisions stays text on a participant’s page', () =>
  staysText(
    withData(firstParticipantPage, (data) => {
      data.report.warnings = [script];
      data.report.visits[0].notes = [script];
      data.report.visits[0].decision = { decision: 'fail', reason: script, reader: script, time: '2026-01-01' };
      data.scans[0].sequence = script;
    }),
  ));

test('a script in names, checks and decisions stays text on the approval board', () =>
  staysText(
    withData(pageFile('quality.html'), (data) => {
      data.visits[0].participant_id = `sub-${script}`;
      data.visits[0].decision = { decision: 'fail', reason: script, reader: script, time: '2026-01-01' };
      data.visits[1].verdict = 'warn';
      data.visits[1].checks = [{ name: script, value: 1, limit: 0, verdict: 'warn', sentence: script }];
    }),
  ));

test('a script in quality_decisions.tsv stays text on the pages that the program makes', async () => {
  const copy = copyOfReports();
  const decisions = scratchPath('quality_decisions.tsv');
  const [visit] = dataOf(pageFile('quality.html')).visits;
  writeFileSync(
    decisions,
    `participant_id\tsession_id\tdecision\treason\treader\ttime\n${visit.participant_id}\t${visit.session}\tfail\t${script}\t<b>Eve</b>\t2026-01-01\n`,
  );
  const result = await wane('group', dataset(), copy, '--decisions', decisions);
  assert.ok(result.code === 0 || result.code === 1, result.stderr);
  await staysText(join(copy, 'quality.html'));
  await staysText(join(copy, 'trial.html'));
});

test('blinded pages hold no dose and no group of participants.tsv', async () => {
  const blindDataset = scratchPath('dataset');
  cpSync(dataset(), blindDataset, { recursive: true });
  // Words and numbers that stand nowhere else.
  const groups = {};
  const table = readFileSync(join(dataset(), 'participants.tsv'), 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => line.split('\t'));
  const [group, dose] = ['dose_group', 'dose'].map((name) => table[0].indexOf(name));
  for (const row of table.slice(1)) {
    groups[row[group]] ??= {
      name: `secretgroup${Object.keys(groups).length}`,
      dose: `${Object.keys(groups).length + 1}7.31859`,
    };
    [row[group], row[dose]] = [groups[row[group]].name, groups[row[group]].dose];
  }
  writeFileSync(join(blindDataset, 'participants.tsv'), table.map((row) => row.join('\t')).join('\n') + '\n');
  const copy = copyOfReports();
  const result = await wane('group', blindDataset, copy, '--blind', scratchPath('key.json'));
  assert.ok(result.code === 0 || result.code === 1, result.stderr);
  const pages = readdirSync(copy).filter((name) => name.endsWith('.html'));
  assert.ok(pages.includes('trial.html') && pages.includes('quality.html') && pages.length > 2, pages.join());
  for (const name of pages) {
    const text = readFileSync(join(copy, name), 'utf8');
    for (const { name: secret, dose: amount } of Object.values(groups)) {
      assert.ok(!text.includes(secret), `${name} names a dose group`);
      assert.ok(!text.includes(amount), `${name} names a dose`);
    }
    assert.equal(dataOf(join(copy, name)).blinded ?? dataOf(join(copy, name)).trial?.blinded, true, name);
  }
  const { page } = await openFile(browser, join(copy, 'trial.html'));
  await page.locator('h1').first().waitFor();
  assert.match(await page.locator('main').innerText(), /blinded/i);
  assert.equal(
    await page.locator('[data-chart="group-means"], [data-chart="rate-by-dose"]').count(),
    0,
    'no means of groups',
  );
});
