// A participant's page: its charts hold the report's numbers, and it says what does not count and what is not drawn.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { join } from 'node:path';
import { launch, openFile } from './browser.mjs';
import { dataOf, firstParticipantPage, out, readJson, withData } from './pages.mjs';

let browser;
before(async () => void (browser = await launch()));
after(() => browser.close());

const data = dataOf(firstParticipantPage);
const id = data.report.participant_id;
const measures = ['brain', 'gray_matter', 'white_matter'];
const errorsIn95 = 1.96;

// The rows of a chart's table: each cell's value by column, and what the row's attributes name.
const rowsOf = (page, chart) =>
  page.locator(`[data-values-of="${chart}"] tbody tr`).evaluateAll((rows) =>
    rows.map((row) => ({
      ...Object.fromEntries(
        [...row.querySelectorAll('[data-column]')].map((cell) => [cell.dataset.column, cell.dataset.value]),
      ),
      ...row.dataset,
    })),
  );

// The marks that a chart has drawn, as it tells those who cannot see it, and whether each is filled.
const marksOf = async (page, chart, role) => {
  await page.locator(`#${chart} .chart-canvas [aria-roledescription="${role}"]`).first().waitFor({ state: 'attached' });
  return page.locator(`#${chart} .chart-canvas [aria-roledescription="${role}"]`).evaluateAll((marks) =>
    marks.map((mark) => ({
      label: mark.getAttribute('aria-label'),
      hollow: [null, 'none', 'transparent'].includes(mark.getAttribute('fill')),
    })),
  );
};

const near = (value, expected, what) =>
  assert.ok(Math.abs(Number(value) - expected) < 1e-9, `${what}: ${value} is not ${expected}`);

// A drawn number: a minus sign, two decimals.
const drawn = (value) => `${value < 0 ? '−' : '+'}${Math.abs(value).toFixed(2)}`;

const headlineOf = (page) => page.locator('h1').textContent();

async function openWith(change) {
  return openFile(browser, withData(firstParticipantPage, change));
}

// As the program made it, but with everything in the rates, so that the tests say themselves what is not.
const allCounts = (page) => {
  for (const visit of page.report.visits) visit.decision = null;
  page.report.verdict = 'pass';
  page.counts = { visits: page.report.visits.map(() => true), changes: page.report.changes.map(() => true) };
  page.left_out_because = null;
};

test('the charts of change and of both measurements hold the values of the report in OUT', async () => {
  const report = readJson(join(out, id, `${id}_atrophy.json`));
  const { page, faults } = await openFile(browser, firstParticipantPage);
  const trajectory = await rowsOf(page, 'trajectory');
  const start = trajectory[0].session;
  const fromStart = report.changes.filter((change) => change.from === start);
  assert.ok(fromStart.length > 0, 'the sample has a change');
  assert.equal(trajectory.length, measures.length * (1 + fromStart.length));
  const points = await marksOf(page, 'trajectory', 'point');
  assert.equal(points.length, trajectory.length);
  for (const change of fromStart)
    for (const measure of measures) {
      const value = change.percent[measure];
      const error = change.standard_error[measure];
      const row = trajectory.find((one) => one.session === change.to && one.measure === measure);
      near(row.change_percent, value, `${measure} at ${change.to}`);
      near(row.low, value - errorsIn95 * error, `lower end of ${measure}`);
      near(row.high, value + errorsIn95 * error, `upper end of ${measure}`);
      assert.ok(
        points.some(({ label }) => label.includes(`visit: ${change.to}`) && label.includes(`change, %: ${drawn(value)}`)),
        `${measure} is drawn at ${drawn(value)}`,
      );
    }

  const both = await rowsOf(page, 'measurements');
  const pair = report.changes.find((change) => both[0].pair === `${change.from} to ${change.to}`);
  for (const [method, values] of [
    ['deformation', pair],
    ['boundary shift', pair.boundary_shift],
  ])
    for (const measure of measures) {
      const row = both.find((one) => one.method === method && one.measure === measure);
      assert.equal(row !== undefined, (values?.percent[measure] ?? null) !== null, `${method}, ${measure}`);
      if (row) near(row.percent, values.percent[measure], `${measure} by ${method}`);
    }
  assert.deepEqual(faults, []);
});

test('the charts of volumes and of drift hold the values of the report; drift is in percent of length', async () => {
  const report = readJson(join(out, id, `${id}_atrophy.json`));
  const { page } = await openFile(browser, firstParticipantPage);
  for (const name of ['brain', 'csf']) {
    await page.locator(`[data-control="volume"] input[value="${name}"]`).check();
    await page.locator(`#volumes [aria-label^="${name === 'csf' ? 'CSF' : 'Brain'} volume"]`).waitFor();
    const volumes = await rowsOf(page, 'volumes');
    assert.equal(volumes.length, report.visits.length);
    for (const visit of report.visits)
      near(volumes.find((row) => row.session === visit.session).volume_ml, visit.volumes_ml[name], visit.session);
  }
  const drift = await rowsOf(page, 'drift');
  assert.equal(drift.length, report.visits.length);
  for (const visit of report.visits)
    near(
      drift.find((row) => row.session === visit.session).drift_percent,
      visit.quality.calibration_drift_percent,
      visit.session,
    );
  const heads = await page.locator('[data-values-of="drift"] thead').textContent();
  assert.match(heads, /% of length/);
  const bars = await marksOf(page, 'drift', 'bar');
  assert.equal(bars.length, report.visits.length);
  for (const bar of bars) assert.match(bar.label, /% of length/);
});

test('changes start from the first visit that has one: one that was not measured is named, not drawn', async () => {
  const { page, faults } = await openWith((page) => {
    allCounts(page);
    const [first] = page.report.visits;
    const volumes = Object.fromEntries(Object.keys(first.volumes_ml).map((name) => [name, null]));
    const quality = { ...first.quality, calibration_drift_percent: null };
    const lost = { ...first, session: 'ses-lost', days: -14, measured_together: false, volumes_ml: volumes, quality };
    page.report.visits.unshift(lost);
    page.scans.unshift({ ...page.scans[0], session: 'ses-lost' });
    page.counts.visits.unshift(false);
  });
  const [change] = data.report.changes;
  assert.match(await page.locator('#trajectory-title').textContent(), new RegExp(`since ${change.from}$`));
  const rows = await rowsOf(page, 'trajectory');
  const brain = rows.filter((row) => row.measure === 'brain');
  assert.deepEqual([brain[0].session, Number(brain[0].change_percent)], [change.from, 0]);
  near(brain.find((row) => row.session === change.to).change_percent, change.percent.brain, change.to);
  assert.match(await page.locator('#trajectory [data-not-drawn]').textContent(), /ses-lost/);
  assert.match(await page.locator('#volumes [data-not-drawn]').textContent(), /ses-lost \(not measured\)/);
  assert.doesNotMatch(await headlineOf(page), /excluded/);
  assert.equal(await page.locator('[data-warnings]', { hasText: 'left out' }).count(), 0);
  const axis = page.locator('#trajectory .chart-canvas [aria-label^="X-axis"]');
  await axis.waitFor({ state: 'attached' });
  assert.match(await axis.getAttribute('aria-label'), /'day'/); // a screening visit is before day 0
  assert.deepEqual(faults, []);
});

test('a visit without a day is named, and the others keep their days', async () => {
  const { page } = await openWith((page) => {
    allCounts(page);
    const last = page.report.visits.at(-1);
    page.report.visits.forEach((visit, n) => (visit.days = 100 * n));
    page.report.visits.push({ ...last, session: 'ses-undated', days: null });
    page.report.changes.push({ ...page.report.changes[0], to: 'ses-undated', days: null });
    page.scans.push({ ...page.scans.at(-1), session: 'ses-undated' });
    page.counts.visits.push(true);
    page.counts.changes.push(true);
  });
  const rows = await rowsOf(page, 'trajectory');
  assert.ok(rows.some((row) => Number(row.time) === 100));
  assert.ok(!rows.some((row) => row.session === 'ses-undated'));
  assert.match(await page.locator('#trajectory [data-not-drawn]').textContent(), /ses-undated \(has no day\)/);
});

// The last visit, failed by a reader, with all changes that it is part of.
const excludeLast = (reason) => (page) => {
  allCounts(page);
  const { report, counts } = page;
  const last = report.visits.at(-1);
  last.decision = { decision: 'fail', reason: 'motion', reader: 'Anna', time: '2026-11-20T09:12:00Z' };
  report.verdict = 'fail';
  counts.visits[counts.visits.length - 1] = false;
  counts.changes = report.changes.map((change) => change.to !== last.session && change.from !== last.session);
  page.left_out_because = reason;
};

test('a visit that was never measured is called that, and a failed check is said to count only where it does', async () => {
  const lose = (mode) => (page) => {
    allCounts(page);
    const last = page.report.visits.at(-1);
    const volumes = Object.fromEntries(Object.keys(last.volumes_ml).map((name) => [name, null]));
    const sentence = 'The scan of ses-lost cannot be read.';
    const checks = [{ name: 'readable', value: null, limit: null, verdict: 'fail', sentence }];
    const quality = { verdict: 'fail', checks };
    page.report.visits.push({ ...last, session: 'ses-lost', measured_together: false, volumes_ml: volumes, quality });
    page.scans.push({ ...page.scans.at(-1), session: 'ses-lost' });
    page.counts.visits.push(false);
    Object.assign(page.report, { verdict: 'fail', quality_mode: mode });
    page.report.rates_percent_per_year ??= page.report.changes[0].percent;
  };
  const { page } = await openWith(lose('exclude'));
  assert.match(await page.locator('[data-warnings]').textContent(), /Anything that failed is left out of the rates/);
  const row = page.locator('[data-table="visits"] [data-session="ses-lost"]');
  assert.match(await row.textContent(), /not measured/);
  assert.doesNotMatch(await row.textContent(), /excluded/);
  const volume = (await rowsOf(page, 'volumes')).find((one) => one.session === 'ses-lost');
  assert.equal(volume.excluded, 'not measured');

  const reported = await openWith(lose('report'));
  const words = await reported.page.locator('[data-warnings]').textContent();
  assert.match(words, /A check failed\. In this run the result still counts in the rates/);
  assert.doesNotMatch(words, /left out/);
});

test('a participant without a change that counts is headed as excluded, with the reader and the reason', async () => {
  const why = `Excluded by Anna: ${data.report.visits.at(-1).session}: motion.`;
  const { page, faults } = await openWith((page) => {
    page.report.visits.splice(2);
    page.scans.splice(2);
    page.report.changes.splice(1);
    excludeLast(why)(page);
  });
  assert.equal(await headlineOf(page), `${id}: excluded from the rates`);
  assert.ok((await page.locator('[data-warnings]').textContent()).includes(why));
  assert.match(await page.locator('[data-table="visits"] tbody tr').last().textContent(), /excluded.*Failed by Anna/s);
  const points = await marksOf(page, 'trajectory', 'point');
  const last = data.report.changes[0].to;
  for (const { label, hollow } of points) assert.equal(hollow, label.includes(`visit: ${last};`), label);
  assert.equal(points.filter((point) => point.hollow).length, measures.length);
  for (const chart of ['trajectory', 'measurements', 'volumes', 'drift'])
    assert.ok(
      await page.locator(`#${chart} .chart-canvas [aria-roledescription="legend"]`, { hasText: 'excluded' }).count(),
      `${chart} has a legend`,
    );
  const rows = await rowsOf(page, 'trajectory');
  for (const row of rows) assert.equal(row.excluded, row.session === last ? 'yes' : 'no');
  assert.deepEqual(faults, []);
});

test('where one of three visits is excluded, the headline is of the change that counts', async () => {
  const { page } = await openWith((page) => {
    page.report.visits.push({ ...page.report.visits.at(-1), session: 'ses-more', days: 900 });
    page.scans.push({ ...page.scans.at(-1), session: 'ses-more' });
    const [change] = page.report.changes;
    page.report.changes.push({ ...change, to: 'ses-more', days: 900, percent: { ...change.percent, brain: -9.99 } });
    excludeLast(null)(page);
  });
  const size = Math.abs(data.report.changes[0].percent.brain).toFixed(2);
  const headline = await headlineOf(page);
  assert.ok(headline.includes(`${size} %`), headline);
  assert.match(await page.locator('[data-warnings]').textContent(), /left out of the rates.*Excluded by Anna: ses-more: motion/s);
});

test('a pair that a check fails and a reader passed is headed by its change, not as failed', async () => {
  const failing = { name: 'same_person', value: 0.4, limit: 0.8, verdict: 'fail', sentence: 'Another person, maybe.' };
  const fail = (page) => {
    allCounts(page);
    page.report.changes[0].quality.verdict = 'fail';
    page.report.changes[0].quality.checks.unshift(failing);
  };
  const passed = await openWith((page) => {
    fail(page);
    for (const visit of page.report.visits)
      visit.decision = { decision: 'pass', reason: 'confirmed', reader: 'Anna', time: '2026-11-20T09:12:00Z' };
  });
  assert.match(await headlineOf(passed.page), /brain volume/);
  assert.match(await passed.page.locator('main').evaluate((main) => main.textContent), /A check failed; passed by Anna/);
  assert.equal(await passed.page.locator('[data-warnings]', { hasText: failing.sentence }).count(), 0);

  const excluded = await openWith((page) => {
    fail(page);
    page.report.verdict = 'fail';
    page.counts.changes = page.counts.changes.map(() => false);
    page.left_out_because = 'Failed quality: Another person, maybe.';
  });
  assert.match(await headlineOf(excluded.page), /excluded from the rates/);
  assert.ok((await excluded.page.locator('[data-warnings]').textContent()).includes(failing.sentence));
});
