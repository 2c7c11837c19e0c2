// The approval board by keyboard alone, and that `wane group` takes its file.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { launch, openFile } from './browser.mjs';
import { copyOfReports, dataOf, dataset, pageFile, readJson, readTsv, scratchPath, wane, withData } from './pages.mjs';

let browser;
before(async () => void (browser = await launch()));
after(() => browser.close());

const board = pageFile('quality.html');
const visitCount = dataOf(board).visits.length;

// As on the morning of the reading: nobody has decided anything.
const undecided = (change) => (data) => {
  for (const visit of data.visits) visit.decision = null;
  return change?.(data);
};

const active = (page) => page.locator('.board-card.active');
const activeIs = (page, n) =>
  page.waitForFunction(
    (place) => document.querySelector('.board-card.active .board-place')?.textContent.startsWith(place),
    `${n} of `,
    { timeout: 5000 },
  );
const activeName = (page) => active(page).evaluate((card) => `${card.dataset.participant} ${card.dataset.session}`);
const decisionsIn = (page) =>
  page
    .locator('.board-card')
    .evaluateAll((cards) => cards.filter((card) => card.dataset.decision).map((card) => card.dataset.decision));
const says = (page, words) => page.locator('.board-message', { hasText: words }).waitFor({ timeout: 5000 });
const press = async (page, ...keys) => {
  for (const key of keys) await page.keyboard.press(key);
};

// The card that keys decide about has come into view.
const arrived = (page) =>
  page.waitForFunction(() => {
    const { top } = document.querySelector('.board-card.active').getBoundingClientRect();
    return top >= 0 && top < innerHeight / 2;
  });

// Opened, drawn and listening: a key that comes before is lost.
async function openBoard(change, options) {
  const opened = await openFile(browser, withData(board, undecided(change)), options);
  await opened.page.locator('.board-card').first().waitFor();
  await opened.page.evaluate(() => new Promise((done) => requestAnimationFrame(() => setTimeout(done, 50))));
  return opened;
}

async function exported(page) {
  const [download] = await Promise.all([page.waitForEvent('download'), page.keyboard.press('e')]);
  assert.equal(download.suggestedFilename(), 'quality_decisions.tsv');
  const file = scratchPath('quality_decisions.tsv');
  await download.saveAs(file);
  return file;
}

const asReader = async (page, name = 'A. Reader') => {
  await page.locator('[data-dialog="reader"] input').waitFor();
  await page.keyboard.type(name);
  await page.keyboard.press('Enter');
};

// Makes the first visit one that passes all checks, so that P needs no reason.
const allPass = (data) => {
  for (const visit of data.visits) Object.assign(visit, { verdict: 'pass', usable: true, not_measured_because: null });
};

test('a reader goes through visits, passes, fails with reason and note, and undoes, by keyboard alone', async () => {
  const { page, faults } = await openBoard(allPass);
  await activeIs(page, 1);
  await press(page, 'j', 'ArrowDown', 'k');
  await activeIs(page, 2);
  await press(page, 'ArrowUp');
  await activeIs(page, 1);

  await press(page, 'p');
  await asReader(page);
  await page.locator('.board-card[data-decision="pass"]').waitFor();
  await activeIs(page, 2);
  assert.match(await page.locator('.board-progress').textContent(), new RegExp(`^1 of ${visitCount} decided`));

  await press(page, 'f');
  await page.locator('[data-dialog="reason"]').waitFor();
  await press(page, '2', 'n');
  await page.keyboard.type('skull left in');
  await press(page, 'Enter');
  await page.locator('.board-card[data-decision="fail"]').waitFor();
  assert.match(
    await page.locator('.board-card[data-decision="fail"] .board-decision').textContent(),
    /Failed by A\. Reader: brain outline wrong: skull left in/,
  );
  await activeIs(page, 3);

  await press(page, 'u');
  await page.waitForFunction(() => !document.querySelector('.board-card[data-decision="fail"]'));
  await activeIs(page, 2);
  assert.deepEqual(await decisionsIn(page), ['pass']);
  assert.deepEqual(faults, []);
});

test('keys that are typed in one go are not lost between the dialogs', async () => {
  const { page } = await openBoard((data) => allPass(data));
  await press(page, 'p');
  await asReader(page);
  await press(page, 'f', '1', 'Enter', 'f', '3', 'Enter', 'p');
  await page.waitForFunction(() => document.querySelectorAll('.board-card:not([data-decision=""])').length === 4);
  assert.deepEqual(await decisionsIn(page), ['pass', 'fail', 'fail', 'pass']);
});

test('"other" needs a note, and passing what a check fails needs a reason', async () => {
  const { page } = await openBoard((data) => {
    Object.assign(data.visits[0], { verdict: 'fail', usable: true });
  });
  await press(page, 'p');
  await asReader(page);
  await page.locator('[data-dialog="reason"]').waitFor();
  await press(page, 'Enter');
  assert.deepEqual(await decisionsIn(page), []);
  await press(page, '4', 'Enter');
  assert.deepEqual(await decisionsIn(page), []);
  await page.keyboard.type('seen by two readers');
  await press(page, 'Enter');
  await page.locator('.board-card[data-decision="pass"]').waitFor();
  assert.match(
    await page.locator('.board-decision').first().textContent(),
    /Passed by A\. Reader: seen by two readers/,
  );
});

test('a scan that could not be read cannot be passed', async () => {
  const { page } = await openBoard((data) => {
    Object.assign(data.visits[0], { verdict: 'fail', usable: false, picture: '' });
  });
  await press(page, 'p');
  await says(page, /cannot be passed/);
  assert.equal(await page.locator('dialog').count(), 0);
  assert.ok(await active(page).locator('button.pass').isDisabled());
});

test('a visit that was not measured stands in a group of its own below what fails, and can be decided', async () => {
  const because = 'The other scan of this participant could not be read.';
  const { page } = await openBoard((data) => {
    allPass(data);
    const [unmeasured, failing, unusable] = data.visits;
    Object.assign(failing, { verdict: 'fail' });
    Object.assign(unmeasured, { verdict: 'fail', checks: [], pairs: [], picture: '', not_measured_because: because });
    Object.assign(unusable, { verdict: 'fail', usable: false, picture: '', not_measured_because: 'The file is cut off.' });
  });
  const groups = await page
    .locator('[data-standing]')
    .evaluateAll((all) => all.map((one) => [one.dataset.standing, one.querySelectorAll('.board-card').length]));
  assert.deepEqual(groups, [
    ['fail', 2],
    ['unmeasured', 1],
    ['pass', visitCount - 3],
  ]);
  const group = page.locator('[data-standing="unmeasured"]');
  await press(page, 'j', 'j');
  await activeIs(page, 3);
  await arrived(page);
  assert.equal(await group.locator('.board-card.active').count(), 1, 'keys go in the order that is shown');
  const words = await group.textContent();
  assert.ok(words.includes(because), words);
  assert.doesNotMatch(words, /could not be used|cannot be used|Fails a check/);
  await press(page, 'p');
  await asReader(page);
  await page.locator('[data-dialog="reason"]').waitFor();
  assert.doesNotMatch(await page.locator('[data-dialog="reason"]').textContent(), /check fails/);
  await press(page, '1', 'Enter');
  await group.locator('.board-card[data-decision="pass"]').waitFor();
});

test('a link to a page leads there whatever signs the name has', async () => {
  const { page } = await openBoard((data) => {
    data.visits[0].page = 'sub-a#b?c%20d.html';
  });
  const url = await active(page).locator('a').evaluate((link) => link.href);
  assert.equal(decodeURIComponent(new URL(url).pathname.split('/').at(-1)), 'sub-a#b?c%20d.html');
});

test('a key decides nothing about a visit that is out of view', async () => {
  const { page } = await openBoard(allPass);
  await press(page, 'p');
  await asReader(page);
  await page.locator('.board-card[data-decision="pass"]').waitFor();
  await page.evaluate(() => scrollTo({ top: document.body.scrollHeight, behavior: 'instant' }));
  await press(page, 'p');
  await says(page, /was out of view/);
  assert.deepEqual(await decisionsIn(page), ['pass']);
  await page.waitForFunction(
    () => document.querySelector('.board-card.active').getBoundingClientRect().top < innerHeight / 2,
  );
  await press(page, 'p');
  await page.waitForFunction(() => document.querySelectorAll('[data-decision="pass"]').length === 2);
});

test('Enter enlarges the picture, arrows show the person’s other visits in place, Enter closes', async () => {
  const { page } = await openBoard();
  const name = await activeName(page);
  await press(page, 'Enter');
  const dialog = page.locator('[data-dialog="enlarged"]');
  await dialog.waitFor();
  assert.equal((await dialog.locator('h2').textContent()).trim(), name.trim());
  const visits = dataOf(board).visits.filter((visit) => visit.participant_id === name.split(' ')[0]);
  assert.ok(visits.length > 1, 'the trial has people of two visits');
  const later = visits.sort((a, b) => a.days - b.days).at(-1);
  for (let n = 0; n < visits.length; ++n) await press(page, 'ArrowRight');
  assert.equal((await dialog.locator('h2').textContent()).trim(), `${later.participant_id} ${later.session}`);
  await press(page, 'Enter');
  await dialog.waitFor({ state: 'detached' });
  assert.equal(await activeName(page), `${later.participant_id} ${later.session}`);
});

test('the search and the filters show what they say; ? shows the keys', async () => {
  const { page } = await openBoard((data) => {
    allPass(data);
    data.visits[0].verdict = 'warn';
  });
  await press(page, 'l');
  await page.waitForFunction(() => document.querySelectorAll('.board-card').length === 1);
  await press(page, 'a', '/');
  const person = dataOf(board).visits.at(-1).participant_id;
  await page.keyboard.type(person);
  await press(page, 'Enter');
  const shown = await page.locator('.board-card').evaluateAll((cards) => cards.map((card) => card.dataset.participant));
  assert.ok(shown.length > 0 && shown.every((one) => one === person), shown.join());
  await press(page, '?');
  await page.locator('[data-dialog="help"]').waitFor();
  await press(page, 'Escape');
  await page.locator('[data-dialog="help"]').waitFor({ state: 'detached' });
});

test('decisions and the reader’s name survive a reload, and stay with their dataset', async () => {
  const file = withData(board, undecided(allPass));
  const { page, context } = await openFile(browser, file);
  await press(page, 'p');
  await asReader(page, 'B. Reader');
  await page.locator('.board-card[data-decision="pass"]').waitFor();
  await page.reload();
  assert.deepEqual(await decisionsIn(page), ['pass']);
  assert.match(await page.locator('.board-reader').textContent(), /B\. Reader/);
  await activeIs(page, 2);
  await press(page, 'u');
  await page.waitForFunction(() => !document.querySelector('[data-decision="pass"]'));
  await activeIs(page, 1);
  await arrived(page);

  await press(page, 'p');
  await page.locator('.board-card[data-decision="pass"]').waitFor();
  const other = withData(
    board,
    undecided((data) => {
      data.dataset_key += '-other';
    }),
  );
  const { page: second } = await openFile(browser, other, { context });
  assert.deepEqual(await decisionsIn(second), []);
});

test('where the browser keeps nothing, the board says so and still works', async () => {
  const context = await browser.newContext();
  await context.addInitScript(() => {
    Object.defineProperty(window, 'localStorage', {
      get: () => {
        throw new DOMException('denied', 'SecurityError');
      },
    });
  });
  const { page, faults } = await openFile(browser, withData(board, undecided(allPass)), { context });
  assert.match(await page.locator('.board-list [role="alert"]').textContent(), /cannot save your work.*Export/s);
  await press(page, 'p');
  await asReader(page);
  await page.locator('.board-card[data-decision="pass"]').waitFor();
  assert.deepEqual(faults, []);
});

test('a decision of quality_decisions.tsv is shown, and a later one of the reader replaces it', async () => {
  const file = withData(board, (data) => {
    undecided(allPass)(data);
    data.visits[0].decision = {
      decision: 'fail',
      reason: 'motion',
      reader: 'Earlier Reader',
      time: '2026-01-05T10:00:00Z',
    };
  });
  const { page } = await openFile(browser, file);
  assert.match(await page.locator('.board-decision').first().textContent(), /Failed by Earlier Reader: motion/);
  await activeIs(page, 2);
  await press(page, 'k');
  await activeIs(page, 1);
  await arrived(page);
  await press(page, 'p');
  await asReader(page);
  await page.locator('.board-card[data-decision="pass"]').waitFor();
  const rows = readTsv(await exported(page));
  assert.deepEqual(
    rows.map((row) => [row.decision, row.reader]),
    [
      ['fail', 'Earlier Reader'],
      ['pass', 'A. Reader'],
    ],
  );
});

test('a file is opened, shown, and kept in what is exported', async () => {
  const { page } = await openBoard();
  const [first] = dataOf(board).visits;
  const text = `participant_id\tsession_id\tdecision\treason\treader\ttime\n${first.participant_id}\t${first.session}\tfail\tmotion\tC. Reader\t2026-02-01T09:00Z\nsub-elsewhere\tses-01\tfail\tmotion\tC. Reader\t2026-02-01\n`;
  await page
    .locator('input[type="file"]')
    .setInputFiles({ name: 'quality_decisions.tsv', mimeType: 'text/plain', buffer: Buffer.from(text) });
  await page.locator('.board-card[data-decision="fail"]').waitFor();
  await says(page, /2 decisions.*does not have/s);
  const rows = readTsv(await exported(page));
  assert.deepEqual(
    rows.map((row) => row.participant_id),
    ['sub-elsewhere', first.participant_id].sort(),
  );
});

test('a blinded board names no dose group', async () => {
  const { page } = await openBoard((data) => {
    data.blinded = true;
    for (const visit of data.visits) visit.dose_group = 'SECRETGROUP';
  });
  assert.doesNotMatch(await page.locator('main').evaluate((main) => main.textContent), /SECRETGROUP/);
  for (const part of ['.board-bar', '.board-rail', '.board-group'])
    assert.doesNotMatch((await page.locator(part).allInnerTexts()).join(), /dose/i, part);
  assert.match(await page.locator('.board-bar').innerText(), /blinded/i);
});

test('`wane group` takes the exported file, and names reader and reason of what was failed', async () => {
  const { page, faults } = await openFile(browser, withData(board, undecided()));
  const name = await activeName(page);
  await press(page, 'f');
  await asReader(page, 'Dr. Ödön <b>');
  await press(page, '9');
  await page.keyboard.type('</script><script>window.hacked = 1</script>\tand a tab');
  await press(page, 'Enter');
  await page.locator('.board-card[data-decision="fail"]').waitFor();
  const file = await exported(page);
  assert.deepEqual(faults, []);
  assert.equal(readFileSync(file, 'utf8').split('\n')[0], 'participant_id\tsession_id\tdecision\treason\treader\ttime');

  const copy = copyOfReports();
  const result = await wane('group', dataset(), copy, '--decisions', file);
  assert.ok(result.code === 0 || result.code === 1, result.stderr);
  const [participant, session] = name.split(' ');
  const report = readJson(join(copy, participant, `${participant}_atrophy.json`));
  const visit = report.visits.find((one) => one.session === session);
  const text = JSON.stringify([visit.decision, readJson(join(copy, 'trial_atrophy.json'))]);
  assert.ok(text.includes('Dr. Ödön <b>'), 'the reports name the reader');
  assert.ok(text.includes('window.hacked = 1</script> and a tab'), 'the reports name the reason');
});
