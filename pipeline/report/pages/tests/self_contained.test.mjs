// Every page is one file that needs nothing else, works without errors and can be used by everybody.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { after, before, test } from 'node:test';
import { launch, openFile } from './browser.mjs';
import { firstParticipantPage, pageFile, withData } from './pages.mjs';

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const pages = { trial: pageFile('trial.html'), participant: firstParticipantPage, quality: pageFile('quality.html') };
const settled = 'window.innerHeight > 0 && document.querySelector("h1") && !document.querySelector(".stage-wait")';

let browser;
before(async () => void (browser = await launch({ webgl: true })));
after(() => browser.close());

async function seriousFaults(page) {
  await page.evaluate(axe);
  const { violations } = await page.evaluate(() => window.axe.run(document, { resultTypes: ['violations'] }));
  return violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .map(
      ({ id, help, nodes }) =>
        `${id}: ${help}; ${nodes.length} times, such as ${nodes[0].html.slice(0, 160)} (${nodes[0].failureSummary?.slice(0, 300)})`,
    );
}

for (const [name, file] of Object.entries(pages))
  for (const colorScheme of ['light', 'dark'])
    test(`the ${name} page, ${colorScheme}: no error, no request, and axe finds no serious fault`, async () => {
      const { page, faults, context } = await openFile(browser, file, { context_options: { colorScheme } });
      await page.waitForFunction(settled, null, { timeout: 60_000 });
      await page.waitForTimeout(300);
      assert.deepEqual(await seriousFaults(page), []);
      assert.deepEqual(faults, []);
      await context.close();
    });

const packageOfPage = { trial: 'vega-lite ', participant: '@niivue/niivue ', quality: 'preact ' };
for (const [name, file] of Object.entries(pages))
  test(`the ${name} page ends with the licenses of the packages in it`, () => {
    const html = readFileSync(file, 'utf8');
    const licenses = html.slice(html.lastIndexOf('</html>'));
    for (const part of [packageOfPage[name], 'preact ', 'Copyright (c) 2015-present Jason Miller', 'Permission is hereby granted'])
      assert.ok(licenses.includes(part), part);
  });

// What a run that went well does not show: failed and doubtful checks, decisions, warnings, whoever is left out.
const check = (verdict) => ({
  name: 'noise',
  value: 0.41,
  limit: 0.35,
  verdict,
  sentence: `The scan is noisy (0.41, limit 0.35): ${verdict}.`,
});
const decision = (made) => ({ decision: made, reason: 'motion', reader: 'A. Reader', time: '2026-01-02T03:04:05Z' });
const fails = { verdict: 'fail', counts: false };

function troubledTrial(data) {
  const [failed, warned, absent, undated] = data.participants;
  const flags = [check('warn').sentence];
  for (const one of [...failed.visits, ...failed.changes]) Object.assign(one, fails);
  Object.assign(failed, {
    verdict: 'fail',
    flags: [check('fail').sentence],
    left_out_because: 'Failed quality: noise.',
  });
  Object.assign(warned, { verdict: 'warn', flags });
  Object.assign(absent, { page: null, verdict: null, visits: [], changes: [], left_out_because: 'No report.' });
  Object.assign(absent, { rates_percent_per_year: null, rate_intervals_95: null });
  for (const one of [...undated.visits, ...undated.changes]) one.days = null;
  data.trial.warnings = ['A warning with `code`.'];
  data.trial.sloppy = true;
  data.trial.analysis_plan.changed_since_unblinded = true;
  data.trial.analysis_plan.unblinded_sha256 = 'none';
  data.trial.quality.needs_a_look = ['fail', 'warn'].map((verdict) => ({
    participant_id: failed.participant_id,
    session: failed.visits[0].session,
    check: 'noise',
    verdict,
    sentence: check(verdict).sentence,
  }));
}

function blindedTrial(data) {
  data.trial.blinded = true;
  data.trial.dose_response = {};
  for (const group of data.trial.dose_groups) delete group.rates_percent_per_year;
  for (const person of data.participants) person.dose = null;
}

function troubledParticipant(data) {
  const { report, counts } = data;
  const [first, second] = report.visits;
  first.quality.checks.push(check('fail'), check('warn'));
  first.quality.verdict = 'fail';
  first.decision = decision('pass');
  if (second) Object.assign(second, { decision: decision('fail'), notes: ['A note.'] });
  for (const change of report.changes) {
    change.quality.checks.push(check('fail'));
    change.quality.verdict = 'fail';
  }
  Object.assign(report, { verdict: 'fail', warnings: ['A warning.'], sloppy: true });
  counts.visits.fill(false);
  counts.changes.fill(false);
  data.left_out_because = 'Excluded by A. Reader: motion.';
}

function troubledBoard(data) {
  const [failed, warned, passed, absent] = data.visits;
  Object.assign(failed, { verdict: 'fail', checks: [...failed.checks, check('fail')] });
  failed.pairs = [{ from: 'ses-01', to: 'ses-02', checks: [check('fail')] }];
  Object.assign(warned, { verdict: 'warn', checks: [...warned.checks, check('warn')], decision: decision('fail') });
  Object.assign(passed, { decision: decision('pass') });
  Object.assign(absent, { verdict: 'fail', usable: false, not_measured_because: 'The scan could not be read.' });
}

const copies = {
  'trial page with fails, warnings and people left out': [pages.trial, troubledTrial, /left out/],
  'blinded trial page': [pages.trial, blindedTrial, /This trial is blinded/],
  'participant page with fails, warnings and decisions': [pages.participant, troubledParticipant, /A\. Reader/],
  'approval board with fails, warnings and decisions': [pages.quality, troubledBoard, /The scan is noisy/],
  'blinded approval board': [
    pages.quality,
    (data) => {
      data.blinded = true;
      for (const visit of data.visits) visit.dose_group = null;
    },
    /blinded/i,
  ],
};

for (const [name, [file, change, shown]] of Object.entries(copies))
  for (const colorScheme of ['light', 'dark'])
    test(`${name}, ${colorScheme}, all parts open: no error, and axe finds no serious fault`, async () => {
      const copy = withData(file, change);
      const { page, faults, context } = await openFile(browser, copy, { context_options: { colorScheme } });
      await page.waitForFunction(settled, null, { timeout: 60_000 });
      await page.evaluate(() => document.querySelectorAll('details.fold').forEach((part) => (part.open = true)));
      await page.waitForTimeout(500);
      assert.match(await page.locator('main').evaluate((main) => main.textContent), shown);
      assert.deepEqual(await seriousFaults(page), []);
      assert.deepEqual(faults, []);
      await context.close();
    });

const reader = async (page) => {
  await page.keyboard.press('f');
  await page.locator('[data-dialog="reader"] input').waitFor();
};
const dialogs = {
  help: async (page) => page.keyboard.press('?'),
  enlarged: async (page) => page.keyboard.press('Enter'),
  reader,
  reason: async (page) => {
    await reader(page);
    await page.keyboard.type('A. Reader');
    await page.keyboard.press('Enter');
  },
};

for (const [name, open] of Object.entries(dialogs))
  for (const colorScheme of ['light', 'dark'])
    test(`the approval board’s dialog “${name}”, ${colorScheme}: axe finds no serious fault`, async () => {
      const undecided = withData(pages.quality, (data) => {
        for (const visit of data.visits) visit.decision = null;
      });
      const { page, faults, context } = await openFile(browser, undecided, { context_options: { colorScheme } });
      await page.locator('.board-card.active').waitFor();
      await open(page);
      await page.locator(`dialog[data-dialog="${name}"][open]`).waitFor();
      assert.deepEqual(await seriousFaults(page), []);
      assert.deepEqual(faults, []);
      await context.close();
    });

for (const [name, file] of Object.entries(pages))
  test(`the ${name} page fits a phone: nothing scrolls sideways but tables and pictures in their frames`, async () => {
    const { page, context } = await openFile(browser, file, {
      context_options: { viewport: { width: 390, height: 844 } },
    });
    await page.waitForFunction(settled, null, { timeout: 60_000 });
    const { wide, width } = await page.evaluate(() => ({
      wide: document.documentElement.scrollWidth,
      width: innerWidth,
    }));
    assert.ok(wide <= width, `the page is ${wide} px wide on a screen of ${width} px`);
    await context.close();
  });

for (const [name, file] of Object.entries(pages))
  test(`the ${name} page names no file or server that it would load`, () => {
    const markup = readFileSync(file, 'utf8')
      .replace(/<script[\s\S]*?<\/script>/g, '')
      .replace(/<style[\s\S]*?<\/style>/g, '');
    assert.doesNotMatch(markup, /<(link|iframe|object|embed|img|base)\b/i);
    assert.match(markup, /Content-Security-Policy" content="default-src 'none'/);
  });
