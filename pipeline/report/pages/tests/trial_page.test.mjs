// The trial page's charts and tables show the values that stand in the report beside it.
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { launch, openFile } from './browser.mjs';
import { out, pageFile, readJson, withData } from './pages.mjs';

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
const valuesOf = (chart, where = page) =>
  where
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

  test(`${measure}: change over time shows the changes of the participants' reports, from where each starts`, async () => {
    await choose(measure);
    const shown = (await valuesOf('change-over-time')).filter((row) => row.days !== 0 || row.percent !== 0);
    const all = report.participants.flatMap(({ participant_id }) =>
      participantReport(participant_id)
        .changes.filter((change) => change.days !== null && change.percent[measure] !== null)
        .map((change) => [participant_id, change]),
    );
    assert.ok(all.length > 0);
    // Everybody with a change is drawn, and each is drawn from one visit, to all that it was compared with.
    assert.deepEqual(
      [...new Set(shown.map((row) => row.participant_id))].sort(),
      [...new Set(all.map(([id]) => id))].sort(),
    );
    for (const id of new Set(shown.map((row) => row.participant_id))) {
      const rows = shown.filter((row) => row.participant_id === id);
      const starts = [...new Set(all.filter(([other]) => other === id).map(([, change]) => change.from))];
      const drawn = rows.map((row) => [row.session, row.days, row.percent, row.standard_error]);
      const isFrom = (start) => {
        const expected = all
          .filter(([other, change]) => other === id && change.from === start)
          .map(([, change]) => [change.to, change.days, change.percent[measure], change.standard_error[measure]]);
        return JSON.stringify(expected.sort()) === JSON.stringify(drawn.sort());
      };
      assert.ok(starts.some(isFrom), `${id}: ${JSON.stringify(drawn)}`);
    }
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
const pointsOf = (chart, where = page) =>
  where.locator(`[data-chart="${chart}"] .chart-canvas svg`).evaluate((svg) =>
    [...svg.querySelectorAll('.mark-symbol path')]
      .filter((path) => path.__data__?.href)
      .map((path) => {
        const { href, datum } = path.__data__;
        const box = path.getBoundingClientRect();
        return {
          href,
          participant_id: datum.participant_id,
          session: datum.session,
          value: datum.percent_per_year ?? datum.percent,
          dose: datum.dose,
          x: box.left + box.width / 2,
          y: box.top + box.height / 2,
          // A hollow point is filled with what is behind it.
          hollow: getComputedStyle(path).fill === getComputedStyle(svg.closest('.card')).backgroundColor,
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

// A copy of the page with other data, open in a window of its own.
async function withCopy(change, look) {
  const copy = withData(pageFile('trial.html'), change);
  const { page: own, faults: ownFaults, context } = await openFile(browser, copy);
  await own.locator('[data-chart] .chart-canvas svg').first().waitFor();
  await look(own);
  assert.deepEqual(ownFaults, []);
  await context.close();
}

const textOf = (where, selector) => where.locator(selector).first().innerText();

// A third visit, a year after the second, that shows twice the change.
function addThirdVisit(person) {
  const [change] = person.changes;
  const last = person.visits.at(-1);
  const twice = Object.fromEntries(Object.entries(change.percent).map(([key, value]) => [key, 2 * value]));
  person.visits.push({ ...structuredClone(last), session: 'ses-99', days: last.days + change.days });
  person.changes.push(
    { ...structuredClone(change), to: 'ses-99', days: 2 * change.days, percent: twice },
    { ...structuredClone(change), from: change.to, to: 'ses-99' },
  );
}

test('whoever has no measurement of the first visit is drawn from the next one, and the page says so', () => {
  let id, second;
  return withCopy(
    ({ participants: [person] }) => {
      id = person.participant_id;
      addThirdVisit(person);
      const first = person.visits[0];
      second = person.visits[1].session;
      for (const key of Object.keys(first.volumes_ml)) first.volumes_ml[key] = null;
      Object.assign(first, { verdict: 'fail', counts: false });
      person.changes = person.changes.filter(({ from }) => from !== first.session);
    },
    async (own) => {
      const drawn = (await pointsOf('change-over-time', own)).filter((point) => point.participant_id === id);
      assert.deepEqual(
        drawn.map(({ session }) => session),
        ['ses-99'],
      );
      const head = await textOf(own, '[data-chart="change-over-time"] figcaption');
      assert.match(head, /since the starting visit/);
      assert.match(head, new RegExp(`Drawn from ${second}, because .* was not measured: ${id}`));
    },
  );
});

test('whoever is not drawn over time is named with the reason', () => {
  let ids;
  return withCopy(
    ({ participants }) => {
      const [undated, single, absent] = participants;
      ids = [undated, single, absent].map((one) => one.participant_id);
      for (const one of [...undated.visits.slice(1), ...undated.changes]) one.days = null;
      single.changes = [];
      single.visits = single.visits.slice(0, 1);
      Object.assign(absent, { page: null, verdict: null, visits: [], changes: [], rates_percent_per_year: null });
    },
    async (own) => {
      const head = await textOf(own, '[data-chart="change-over-time"] figcaption');
      assert.match(head, new RegExp(`Not drawn \\(no dates\\): ${ids[0]}\\.`));
      assert.match(head, new RegExp(`Not drawn \\(fewer than two measured visits\\): ${ids[1]}\\.`));
      assert.match(head, new RegExp(`Not drawn \\(no report\\): ${ids[2]}\\.`));
      const drawn = (await pointsOf('change-over-time', own)).map((point) => point.participant_id);
      assert.ok(drawn.length > 0 && ids.every((id) => !drawn.includes(id)));
    },
  );
});

test('what does not count is drawn hollow, with a legend, and marked in the table', () => {
  let id;
  return withCopy(
    ({ participants: [person] }) => {
      id = person.participant_id;
      for (const one of [person.visits[1], ...person.changes]) Object.assign(one, { verdict: 'fail', counts: false });
    },
    async (own) => {
      const points = await pointsOf('change-over-time', own);
      assert.ok(points.some(({ hollow }) => !hollow));
      for (const { participant_id, hollow } of points) assert.equal(hollow, participant_id === id, participant_id);
      assert.match(
        await own.locator('[data-chart="change-over-time"] .chart-canvas svg').textContent(),
        /Not in the rates/,
      );
      for (const row of await valuesOf('change-over-time', own))
        assert.equal(row.counts, row.participant_id === id ? 'no' : 'yes', row.participant_id);
    },
  );
});

test('where everything counts no point is hollow and no legend speaks of it', async () => {
  const everything = (data) => {
    for (const person of data.participants) for (const one of [...person.visits, ...person.changes]) one.counts = true;
  };
  await withCopy(everything, async (own) => {
    assert.ok((await pointsOf('change-over-time', own)).every(({ hollow }) => !hollow));
    assert.doesNotMatch(await own.locator('[data-chart="change-over-time"] .chart-canvas svg').textContent(), /Not in/);
  });
});

test('a placebo is drawn at dose 0 where the plan asks for the logarithm of the dose', () => {
  let placebo;
  return withCopy(
    (data) => {
      const lowest = Math.min(...data.participants.map((one) => one.dose ?? Infinity));
      placebo = data.participants.filter((one) => one.dose === lowest).map((one) => one.participant_id);
      for (const one of data.participants) if (one.dose === lowest) one.dose = 0;
      for (const measure of measures) {
        const { n } = data.trial.dose_response[measure];
        const unable = 'the logarithm needs doses above 0';
        data.trial.dose_response[measure] = { n, scale: 'log', unable, sentence: `It cannot be computed: ${unable}.` };
      }
    },
    async (own) => {
      const points = await pointsOf('rate-by-dose', own);
      assert.ok(placebo.length > 0);
      const left = points.filter(({ participant_id }) => placebo.includes(participant_id));
      assert.equal(left.length, placebo.length);
      const others = points.filter(({ participant_id }) => !placebo.includes(participant_id));
      for (const one of left) {
        assert.ok(Number.isFinite(one.x) && one.x > 0, `${one.participant_id} at ${one.x}`);
        assert.ok(others.every(({ x }) => x > one.x + 5));
      }
    },
  );
});

test('points stand at their dose, but for the width of a point', async () => {
  await choose('brain');
  const points = await pointsOf('rate-by-dose');
  const first = points.reduce((a, b) => (a.x < b.x ? a : b));
  const last = points.reduce((a, b) => (a.x > b.x ? a : b));
  const pixelsPerDose = (last.x - first.x) / (last.dose - first.dose);
  for (const { participant_id, dose, x } of points)
    assert.ok(Math.abs(first.x + (dose - first.dose) * pixelsPerDose - x) < 12, participant_id);
});

test('the ticks of participants beside the group means link to their pages and say who it is', async () => {
  await choose('brain');
  const ticks = await page
    .locator('[data-chart="group-means"] .chart-canvas svg')
    .evaluate((svg) =>
      [...svg.querySelectorAll('.mark-rect path')]
        .filter((path) => path.__data__?.datum?.participant_id)
        .map(({ __data__: { href, tooltip, datum } }) => ({ href, tooltip, id: datum.participant_id })),
    );
  assert.deepEqual(
    ticks.map(({ id }) => id).sort(),
    report.participants
      .filter((one) => one.dose_group !== null && typeof one.rates_percent_per_year?.brain === 'number')
      .map((one) => one.participant_id)
      .sort(),
  );
  for (const { href, tooltip, id } of ticks) {
    assert.equal(href, `${id}.html`);
    assert.equal(tooltip.Participant, id);
  }
});

test('links hold for names with signs that have a meaning in an address', () => {
  const name = 'sub-a#1?b%41';
  return withCopy(
    ({ participants: [person] }) => void Object.assign(person, { participant_id: name, page: `${name}.html` }),
    async (own) => {
      const expected = `${encodeURIComponent(name)}.html`;
      const links = await own.locator('[data-table="participants"] a').evaluateAll((all) => all.map((a) => a.href));
      assert.ok(
        links.some((link) => link.endsWith(`/${expected}`)),
        links.join(' '),
      );
      for (const chart of ['change-over-time', 'rate-by-dose']) {
        const points = (await pointsOf(chart, own)).filter((point) => point.participant_id === name);
        assert.ok(points.length > 0);
        for (const { href } of points) assert.equal(href, expected);
      }
    },
  );
});

test('an address elsewhere is no link', () =>
  withCopy(
    ({ participants }) => {
      for (const person of participants) person.page = 'javascript:alert(1)';
    },
    async (own) => assert.equal(await own.locator('[data-table="participants"] a').count(), 0),
  ));

test('a trial without doses is headed by its mean rate, with interval and n as the program computes them', () => {
  const group = report.dose_groups.find(({ rates_percent_per_year: rates }) => rates.brain.n > 1);
  assert.ok(group);
  return withCopy(
    (data) => {
      data.participants = data.participants.filter((one) => one.dose_group === group.dose_group);
      for (const person of data.participants) Object.assign(person, { dose: null, dose_group: null });
      data.trial.dose_groups = [];
      for (const measure of measures) {
        const unable = 'nobody has a dose';
        const sentence = `Whether it depends on dose cannot be computed: ${unable}.`;
        data.trial.dose_response[measure] = { n: 0, scale: 'linear', unable, sentence };
      }
    },
    async (own) => {
      const { n, mean, interval_95 } = group.rates_percent_per_year.brain;
      const raw = (name) => own.locator(`[data-fact="${name}"] [data-value]`).getAttribute('data-value');
      assert.ok(Math.abs(Number(await raw('mean-rate')) - mean) < 2e-4);
      const shown = (await raw('mean-rate-interval')).split(' ').map(Number);
      shown.forEach((end, i) => assert.ok(Math.abs(end - interval_95[i]) < 5e-4, `${shown}, not ${interval_95}`));
      const head = await textOf(own, '.page-head');
      assert.match(await textOf(own, 'h1'), new RegExp(mean.toFixed(2).replace('-', '−')));
      assert.match(head, new RegExp(`n = ${n}\\b`));
      assert.match(await textOf(own, '#blinding'), /names no dose groups/);
    },
  );
});

test('where doses are there but no trend with them can be computed, the headline is the mean rate', () =>
  withCopy(
    (data) => {
      for (const person of data.participants) person.dose = 5;
      const unable = 'all have the same dose';
      const sentence = `Whether it depends on dose cannot be computed: ${unable}.`;
      data.trial.dose_response.brain = { n: data.participants.length, scale: 'linear', unable, sentence };
    },
    async (own) => {
      assert.match(await textOf(own, 'h1'), /^Mean brain volume change/);
      assert.match(await textOf(own, '.page-head'), /all have the same dose/);
    },
  ));

test('doses without dose groups are shown, and the section on blinding says so', () =>
  withCopy(
    (data) => {
      for (const person of data.participants) person.dose_group = null;
      data.trial.dose_groups = [];
    },
    async (own) => {
      assert.match(await textOf(own, '#blinding'), /This report shows doses\./);
      assert.match(await textOf(own, '#charts h2'), /depends on dose/);
      const heads = await textOf(own, '[data-table="participants"] thead');
      assert.match(heads, /Dose/);
      assert.doesNotMatch(heads, /Dose group/);
    },
  ));

test('whoever is not drawn from the first visit because it has no date is said to have none', () => {
  let id, second;
  return withCopy(
    ({ participants: [person] }) => {
      id = person.participant_id;
      addThirdVisit(person);
      person.visits[0].days = null;
      second = person.visits[1].session;
      for (const change of person.changes) if (change.from === person.visits[0].session) change.days = null;
    },
    async (own) =>
      assert.match(
        await textOf(own, '[data-chart="change-over-time"] figcaption'),
        new RegExp(`Drawn from ${second}, because .* has no date: ${id}`),
      ),
  );
});

test('where no change counts, the chart over time is drawn hollow, and pointing at a point dims the others', () => {
  const warnings = [];
  return withCopy(
    ({ participants }) => {
      for (const { visits, changes } of participants)
        for (const one of [...visits, ...changes]) Object.assign(one, { verdict: 'fail', counts: false });
    },
    async (own) => {
      own.on('console', (message) => message.type() === 'warning' && warnings.push(message.text()));
      await own.reload();
      const points = await pointsOf('change-over-time', own);
      assert.ok(points.length > 1 && points.every(({ hollow }) => hollow));
      assert.deepEqual(warnings.filter((text) => /extent/.test(text)), []);
      const marks = own.locator('[data-chart="change-over-time"] .chart-canvas path[aria-roledescription="point"]');
      const dimmed = () => marks.evaluateAll((all) => all.filter((mark) => mark.getAttribute('opacity') === '0.12').length);
      await marks.first().hover({ force: true });
      for (let n = 0; n < 20 && (await dimmed()) === 0; n++) await own.waitForTimeout(50);
      assert.ok((await dimmed()) > 0);
    },
  );
});

test('the trial page has done all this without an error', () => assert.deepEqual(faults, []));
