// The trial page's charts and tables show the values that stand in the report beside it.
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { launch, openFile } from './browser.mjs';
import { out, pageFile, readJson } from './pages.mjs';

const measures = ['brain', 'gray_matter', 'white_matter'];
const report = readJson(join(out, 'trial_atrophy.json'));
const participantReport = (id) => readJson(join(out, id, `${id}_atrophy.json`));

let browser, page, faults;
before(async () => {
  browser = await launch();
  ({ page, faults } = await openFile(browser, pageFile('trial.html')));
  await page.locator('.chart-canvas svg, .chart-canvas canvas').first().waitFor();
});
after(() => browser.close());

// The rows of a chart's table: { column: value }, numbers as numbers.
const valuesOf = (chart) =>
  page
    .locator(`table[data-values-of="${chart}"] tbody tr`)
    .evaluateAll((rows) =>
      rows.map((row) =>
        Object.fromEntries(
          [...row.querySelectorAll('[data-column]')].map(({ dataset: { column, value } }) => [
            column,
            value === '' ? null : Number.isNaN(Number(value)) ? value : Number(value),
          ]),
        ),
      ),
    );

async function choose(measure) {
  await page.locator(`.segmented input[value="${measure}"]`).first().check({ force: true });
  await page.locator(`table[data-values-of] tr[data-measure="${measure}"]`).first().waitFor({ state: 'attached' });
}

const byName = (a, b) => (a.participant_id < b.participant_id ? -1 : 1);

for (const measure of measures) {
  test(`${measure}: rate by dose shows each participant's rate, interval and dose of the report`, async () => {
    await choose(measure);
    const expected = report.participants
      .filter((one) => typeof one.rates_percent_per_year?.[measure] === 'number' && one.dose !== null)
      .map((one) => {
        const [low, high] = one.rate_intervals?.[measure]?.rate?.interval_95 ?? [null, null];
        return {
          participant_id: one.participant_id,
          dose_group: one.dose_group,
          dose: one.dose,
          percent_per_year: one.rates_percent_per_year[measure],
          low,
          high,
        };
      });
    assert.ok(expected.length > 0);
    assert.deepEqual((await valuesOf('rate-by-dose')).sort(byName), expected.sort(byName));
  });

  test(`${measure}: the isotonic curve and the slope are the report's`, async () => {
    await choose(measure);
    const curve = await valuesOf('rate-by-dose-curves');
    const { isotonic, slope } = report.dose_response[measure];
    assert.deepEqual(
      curve.map((point) => [point.dose, point.isotonic]),
      isotonic.doses.map((dose, n) => [dose, isotonic.percent_per_year[n]]),
    );
    if (report.dose_response[measure].scale === 'linear') {
      const [first, last] = [curve[0], curve.at(-1)];
      const drawn = (last.trend - first.trend) / (last.dose - first.dose);
      assert.ok(Math.abs(drawn - slope.percent_per_year_per_unit_of_scale) < 1e-9, `${drawn}`);
    }
  });

  test(`${measure}: change over time shows each change from the first visit of the participants' reports`, async () => {
    await choose(measure);
    const shown = (await valuesOf('change-over-time')).filter((row) => row.days !== 0 || row.percent !== 0);
    const expected = report.participants.flatMap(({ participant_id }) => {
      const one = participantReport(participant_id);
      return one.changes
        .filter(
          (change) => change.from === one.visits[0].session && change.days !== null && change.percent[measure] !== null,
        )
        .map((change) => [
          participant_id,
          change.to,
          change.days,
          change.percent[measure],
          change.standard_error[measure],
        ]);
    });
    assert.ok(expected.length > 0);
    assert.deepEqual(
      shown.map((row) => [row.participant_id, row.session, row.days, row.percent, row.standard_error]).sort(),
      expected.sort(),
    );
  });

  test(`${measure}: group means and intervals are the report's`, async () => {
    await choose(measure);
    const shown = (await valuesOf('group-means')).map((row) => [
      row.dose_group,
      row.n,
      row.mean,
      row.low,
      row.high,
      row.standard_deviation,
      row.median,
    ]);
    const expected = report.dose_groups.map(({ dose_group, rates_percent_per_year: rates }) => {
      const { n, mean, interval_95, standard_deviation, median } = rates[measure];
      return [dose_group, n, mean, interval_95?.[0] ?? null, interval_95?.[1] ?? null, standard_deviation, median];
    });
    assert.deepEqual(shown.sort(), expected.sort());
  });
}

// What Vega has drawn of the points that link somewhere: where they are on the screen, and of what value.
const pointsOf = (chart) =>
  page.locator(`[data-chart="${chart}"] .chart-canvas svg`).evaluate((svg) =>
    [...svg.querySelectorAll('.mark-symbol path')]
      .filter((path) => path.__data__?.href)
      .map((path) => {
        const { href, datum } = path.__data__;
        const box = path.getBoundingClientRect();
        return {
          href,
          participant_id: datum.participant_id,
          value: datum.percent_per_year ?? datum.percent,
          y: box.top + box.height / 2,
        };
      }),
  );

for (const [chart, value] of [
  ['rate-by-dose', 'percent_per_year'],
  ['change-over-time', 'percent'],
])
  test(`${chart}: a point is drawn for each value, at its height, and links to its participant's page`, async () => {
    await choose('brain');
    const points = await pointsOf(chart);
    const rows = (await valuesOf(chart)).filter((row) => row.days !== 0); // all start at no change, where no point is drawn
    const pairs = (all, key) => all.map((one) => [one.participant_id, one[key]]).sort();
    assert.deepEqual(pairs(points, 'value'), pairs(rows, value));
    for (const { participant_id, href } of points) {
      assert.equal(href, `${participant_id}.html`);
      assert.ok(existsSync(join(out, href)), href);
    }
    const [lowest, ...others] = [...points].sort((a, b) => a.value - b.value);
    const highest = others.at(-1);
    const pixelsPerPercent = (lowest.y - highest.y) / (highest.value - lowest.value);
    assert.ok(pixelsPerPercent > 10, 'a percent can be seen');
    for (const { participant_id, value: percent, y } of others)
      assert.ok(
        Math.abs(lowest.y - (percent - lowest.value) * pixelsPerPercent - y) < 1,
        `${participant_id} is drawn at ${percent} %`,
      );
  });

test('charts are saved as SVG, PNG and CSV, and the CSV holds the values', async () => {
  await choose('brain');
  const chart = page.locator('[data-chart="rate-by-dose"]');
  for (const kind of ['svg', 'png', 'csv']) {
    await chart.locator('.save-menu > summary').click();
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      chart.locator(`[data-save="${kind}"]`).click(),
    ]);
    const bytes = Buffer.concat(await (await download.createReadStream()).toArray());
    if (kind === 'svg') assert.match(bytes.toString('utf8', 0, 200), /^<svg/);
    if (kind === 'png') assert.equal(bytes.toString('latin1', 1, 4), 'PNG');
    if (kind === 'csv')
      for (const row of await valuesOf('rate-by-dose'))
        assert.ok(bytes.toString().includes(String(row.percent_per_year)), row.participant_id);
  }
});

test('the finding stands first, with sign convention, n, and whether it is primary or exploratory', async () => {
  await choose('brain');
  const head = await page.locator('.page-head').innerText();
  assert.match(head, /negative = loss/i);
  assert.match(head, new RegExp(`n = ${report.dose_response.brain.n}\\b`));
  assert.match(head, /primary|exploratory/i);
  assert.equal((await page.locator('[data-sentence="trial"]').textContent()).trim(), report.sentence.trim());
});

test('a click on a point opens its participant’s page', async () => {
  const { page: own, context } = await openFile(browser, pageFile('trial.html'));
  const point = own.locator('[data-chart="rate-by-dose"] .chart-canvas .mark-symbol.role-mark path').last();
  await point.scrollIntoViewIfNeeded();
  const expected = await point.evaluate((path) => path.__data__?.href);
  assert.ok(expected, 'the last symbol drawn is a point');
  await Promise.all([own.waitForURL(`**/${expected}`), point.click({ force: true })]);
  await context.close();
});

test('the trial page has done all this without an error', () => assert.deepEqual(faults, []));
