// The viewer of a participant's page, drawn by WebGL2 in software: what is on the screen, pixel by pixel.
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { launch, openFile } from './browser.mjs';
import { openNifti, rightOf, withValues } from './nifti.mjs';
import { copyOfImages, dataOf, dataset, firstParticipantPage, wane, withData } from './pages.mjs';
import { differences, pixelsOf, shareBrighterThan } from './pixels.mjs';

let browser;
before(async () => void (browser = await launch({ webgl: true })));
after(() => browser.close());

const { viewer, report } = dataOf(firstParticipantPage);
const viewedParticipant = report.participant_id;
const stageOf = (page) => page.locator('.stage');

// Not large, because every pixel is drawn in software, and yet all of the stage is in view.
const viewport = { width: 1280, height: 900 };

async function openViewer(file) {
  const opened = await openFile(browser, file, { context_options: { viewport } });
  const { page } = opened;
  await stageOf(page).scrollIntoViewIfNeeded();
  await page.waitForFunction(() => document.querySelector('.stage') && !document.querySelector('.stage-wait'), null, {
    timeout: 60_000,
  });
  await press(page, 'a'); // the axial plane alone
  return opened;
}

// Pixels at the round corners of the frame may differ from one screenshot to the next.
const mostRestless = 20;

// The pictures stand still: two in a row are the same.
async function settled(page) {
  let before = await pixelsOf(stageOf(page));
  let moving = [];
  for (let tries = 0; tries < 60; ++tries) {
    await page.waitForTimeout(150);
    const now = await pixelsOf(stageOf(page));
    moving = differences(before, now);
    if (moving.length <= mostRestless) return now;
    before = now;
  }
  const places = moving.map((n) => [n % before.width, Math.floor(n / before.width)]);
  throw new Error(
    `The viewer does not come to rest: ${moving.length} pixels of ${before.width} x ${before.height} change, such as ${places[0]} and ${places.at(-1)}.`,
  );
}

const press = async (page, key) => {
  await stageOf(page).focus();
  await page.keyboard.press(key);
};

test('the sample has a viewer with two visits and a map of change', () => {
  assert.ok(viewer, 'viewer');
  assert.ok(viewer.visits.length >= 2);
  assert.ok(viewer.changes.length >= 1);
});

test('the canvas shows the scan, another picture when the other visit is shown, and blinks between them', async () => {
  const { page, faults, context } = await openViewer(firstParticipantPage);
  await press(page, 'h');
  const first = await settled(page);
  assert.ok(shareBrighterThan(60, first) > 0.05, 'a head fills a part of the picture');
  assert.ok(shareBrighterThan(60, first) < 0.9, 'there is air around the head');
  await press(page, '2');
  const second = await settled(page);
  const changed = differences(first, second).length;
  assert.ok(changed > 0.01 * first.width * first.height, `${changed} pixels changed`);
  await press(page, '1');
  const again = await settled(page);
  assert.ok(differences(first, again).length < 0.1 * changed, 'the first visit looks as before');

  await press(page, ' ');
  const captions = new Set();
  for (let n = 0; n < 100 && captions.size < 2; ++n) {
    captions.add(await page.locator('[data-caption]').textContent());
    await page.waitForTimeout(100);
  }
  assert.equal(captions.size, 2, [...captions].join());
  await press(page, ' ');
  const still = await page.locator('[data-caption]').textContent();
  await page.waitForTimeout(1500); // twice as long as a visit stays
  assert.equal(await page.locator('[data-caption]').textContent(), still);
  assert.deepEqual(faults, []);
  await context.close();
});

// A head need not stand straight: nothing is planted in its middle.
const middle_mm = 10;

// One change of the viewer with `percent` on one side of the head (1: the person's right) and 0 elsewhere.
function planted(change, side, percent) {
  const map = openNifti(change.map);
  const measured = openNifti(change.measured);
  const places = [...measured.values.keys()].filter((n) => measured.values[n] > 0).map((n) => rightOf(measured, n));
  const center = places.reduce((sum, x) => sum + x, 0) / places.length;
  const isThere = (n) => measured.values[n] > 0 && side * (rightOf(map, n) - center) > middle_mm;
  return {
    ...change,
    to: `side ${side}, ${percent} %`,
    map: withValues(map, (n) => (isThere(n) ? percent : 0)),
    extreme_percent: 8,
  };
}

const plantings = [
  { side: +1, percent: 0 },
  { side: +1, percent: -8 },
  { side: -1, percent: -8 },
  { side: +1, percent: +8 },
];

// Which way pixels are colored: above 0 toward orange, below 0 toward blue.
const redMinusBlue = ({ data }, places) =>
  places.reduce((sum, n) => sum + data[4 * n] - data[4 * n + 2], 0) / places.length;

test('a change planted in one hemisphere shows there and not in the other, loss and gain in two colors; overlays go and come', async () => {
  const file = withData(firstParticipantPage, ({ viewer: data }) => {
    data.changes = plantings.map(({ side, percent }) => planted(data.changes[0], side, percent));
    data.surface = null;
  });
  const { page, faults, context } = await openViewer(file);
  const choose = async (n) => {
    await page.locator('select[name="change-pair"]').selectOption(String(n));
    return settled(page);
  };
  await page.locator('select[name="range"]').selectOption({ index: 1 });
  const nothing = await choose(0);
  const { width, height } = nothing;
  const colors = [];
  let last;
  for (const n of [1, 2, 3]) {
    const { side, percent } = plantings[n];
    last = await choose(n);
    const places = differences(nothing, last);
    // Radiological: the person's right is on the left of the picture.
    const onTheRight = places.filter((place) => place % width < width / 2).length;
    const [there, elsewhere] =
      side > 0 ? [onTheRight, places.length - onTheRight] : [places.length - onTheRight, onTheRight];
    const where = `${percent} % on side ${side}: ${there} pixels there, ${elsewhere} on the other side`;
    assert.ok(there > 0.02 * width * height, where);
    assert.ok(elsewhere < 0.002 * there, where);
    colors.push(redMinusBlue(last, places));
  }
  assert.ok(colors[0] * colors[2] < 0, `loss and gain are told apart: ${colors}`);
  assert.ok(colors[0] * colors[1] > 0, 'loss has one color on both sides');

  await press(page, 'm');
  const without = await settled(page);
  assert.ok(differences(last, without).length > 0.01 * width * height, 'the map goes');
  await press(page, 't');
  assert.ok(differences(without, await settled(page)).length > 0.05 * width * height, 'the tissues come');
  await press(page, 't');
  await press(page, 'o');
  assert.ok(differences(without, await settled(page)).length > 100, 'the outline comes');
  assert.deepEqual(faults, []);
  await context.close();
});

// The whole way: a map in OUT, the program, the page, the screen.
test('a loss planted into the right half of a map in OUT shows on the right after `wane report`', async () => {
  const copy = copyOfImages(viewedParticipant);
  const folder = join(copy, viewedParticipant);
  const { from, to } = viewer.changes[0];
  const name = `${viewedParticipant}_from-${from}_to-${to}_space-midpoint_desc-change_map.nii.gz`;
  const map = openNifti(readFileSync(join(folder, name)).toString('base64'));
  const isRight = (n) => rightOf(map, n) > middle_mm;
  const isMeasured = (n) => map.values[n] !== 0;
  const planted = withValues(map, (n) => (isMeasured(n) && isRight(n) ? -8 : 0));
  writeFileSync(join(folder, name), Buffer.from(planted, 'base64'));
  const result = await wane('report', dataset(), copy);
  assert.ok(result.code === 0 || result.code === 1, result.stderr);

  const { page, context } = await openViewer(join(copy, `${viewedParticipant}.html`));
  await page.locator('button[data-action="strongest-loss"]').click();
  await page.waitForFunction(() => Number(document.querySelector('.viewer').dataset.changePercent) < -7);
  assert.match(await page.locator('.readout-place').textContent(), /^R /);
  await press(page, 'a');
  await page.locator('select[name="range"]').selectOption({ index: 1 });
  const shown = await settled(page);
  await press(page, 'm');
  const places = differences(shown, await settled(page));
  const onTheRight = places.filter((place) => place % shown.width < shown.width / 2).length;
  const where = `${onTheRight} of ${places.length} pixels are on the person's right`;
  assert.ok(onTheRight > 0.005 * shown.width * shown.height, where);
  assert.ok(places.length - onTheRight < 0.1 * onTheRight, where);
  await context.close();
});

test('the surface is drawn in three dimensions, with its colors', async () => {
  assert.ok(viewer.surface, 'the sample has a surface');
  const { page, context } = await openViewer(firstParticipantPage);
  await press(page, 'd');
  const picture = await settled(page);
  assert.ok(shareBrighterThan(60, picture) > 0.05, 'a brain fills a part of the picture');
  await context.close();
});

test('without WebGL2 the static picture is shown, and the page says why', async () => {
  const plain = await launch({ webgl: false });
  try {
    const { page, faults } = await openFile(plain, firstParticipantPage);
    const place = page.locator('[data-viewer-missing]');
    await place.waitFor();
    assert.match(await place.innerText(), /WebGL ?2/);
    await page.waitForFunction(() => document.querySelector('[data-viewer-missing] img')?.naturalWidth > 300);
    assert.equal(await page.locator('.stage').count(), 0);
    assert.deepEqual(faults, []);
  } finally {
    await plain.close();
  }
});

test('a page without maps of change says so and still shows the scans; one without a surface has no 3-D view', async () => {
  const withoutMaps = withData(firstParticipantPage, (data) => {
    data.viewer.changes = [];
    data.viewer.surface = null;
  });
  const maps = await openViewer(withoutMaps);
  assert.match(await maps.page.locator('[data-viewer-lacks]').textContent(), /no maps of change.*wane run --force/);
  assert.ok(shareBrighterThan(60, await settled(maps.page)) > 0.05, 'a head fills a part of the picture');
  assert.equal(await maps.page.locator('[data-action="strongest-loss"]').count(), 0);
  assert.deepEqual(maps.faults, []);
  await maps.context.close();

  const { from, to } = viewer.changes[0];
  const withoutOne = withData(firstParticipantPage, ({ report: { changes } }) => {
    changes.push({ ...changes.find((change) => change.from === from && change.to === to), from: to, to: from });
  });
  const one = await openViewer(withoutOne);
  const lacks = await one.page.locator('[data-viewer-lacks]').textContent();
  assert.ok(lacks.includes(`no map of change for ${to} to ${from},`), lacks);
  await one.context.close();

  const withoutSurface = withData(firstParticipantPage, (data) => {
    data.viewer.surface = null;
  });
  const surface = await openViewer(withoutSurface);
  assert.match(await surface.page.locator('[data-viewer-lacks]').textContent(), /no 3-D view/);
  assert.equal(await surface.page.locator('input[value="surface"]').count(), 0);
  assert.ok((await surface.page.locator('.viewer').getAttribute('data-change')) !== '', 'the map is shown');
  assert.deepEqual(surface.faults, []);
  await surface.context.close();

  const whole = await openViewer(firstParticipantPage);
  assert.equal(await whole.page.locator('[data-viewer-lacks]').count(), 0);
  await whole.context.close();
});
