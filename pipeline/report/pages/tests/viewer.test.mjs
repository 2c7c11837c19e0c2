// The viewer of a participant's page, drawn by WebGL2 in software: what is on the screen, pixel by pixel.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { launch, openFile } from './browser.mjs';
import { openNifti, rightOf, withValues } from './nifti.mjs';
import { dataOf, firstParticipantPage, withData } from './pages.mjs';
import { differences, pixelsOf, shareBrighterThan } from './pixels.mjs';

let browser;
before(async () => void (browser = await launch({ webgl: true })));
after(() => browser.close());

const viewer = dataOf(firstParticipantPage).viewer;
const stageOf = (page) => page.locator('.stage');

async function openViewer(file) {
  const opened = await openFile(browser, file);
  const { page } = opened;
  await stageOf(page).scrollIntoViewIfNeeded();
  await page.waitForFunction(() => document.querySelector('.stage') && !document.querySelector('.stage-wait'), null, {
    timeout: 60_000,
  });
  await settled(page);
  return opened;
}

// The pictures stand still: two in a row are the same.
async function settled(page) {
  let before = await pixelsOf(stageOf(page));
  for (let tries = 0; tries < 40; ++tries) {
    await page.waitForTimeout(250);
    const now = await pixelsOf(stageOf(page));
    if (differences(before, now).length === 0) return now;
    before = now;
  }
  throw new Error('The viewer does not come to rest.');
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

test('the canvas shows the scan, and another picture when the other visit is shown', async () => {
  const { page, faults, context } = await openViewer(firstParticipantPage);
  await press(page, 'a');
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
  assert.deepEqual(faults, []);
  await context.close();
});

test('blinking shows both visits in turn until it is stopped', async () => {
  const { page, context } = await openViewer(firstParticipantPage);
  await press(page, 'a');
  await press(page, ' ');
  const seen = new Set();
  for (let n = 0; n < 40 && seen.size < 2; ++n) {
    seen.add(await page.locator('[data-caption]').textContent());
    await page.waitForTimeout(100);
  }
  assert.equal(seen.size, 2, [...seen].join());
  await press(page, ' ');
  const still = await page.locator('[data-caption]').textContent();
  await page.waitForTimeout(1500);
  assert.equal(await page.locator('[data-caption]').textContent(), still);
  await context.close();
});

// The map of the first change with `percent` on one side of the head and 0 elsewhere. The middle is left out, because a
// head need not stand straight.
const middle_mm = 10;
function plantedOn(side, percent) {
  return withData(firstParticipantPage, (page) => {
    for (const change of page.viewer.changes) {
      const map = openNifti(change.map);
      const measured = openNifti(change.measured);
      const places = [...measured.values.keys()].filter((n) => measured.values[n] > 0).map((n) => rightOf(measured, n));
      const center = places.reduce((sum, x) => sum + x, 0) / places.length;
      const isPlanted = (n) => measured.values[n] > 0 && side * (rightOf(map, n) - center) > middle_mm;
      change.map = withValues(map, (n) => (isPlanted(n) ? percent : 0));
      change.extreme_percent = Math.abs(percent);
    }
  });
}

// Which way the differing pixels are colored: above 0 toward orange and red, below 0 toward blue.
function redMinusBlue({ data }, places) {
  return places.reduce((sum, n) => sum + data[4 * n] - data[4 * n + 2], 0) / places.length;
}

async function axialPicture(file) {
  const { page, context } = await openViewer(file);
  await press(page, 'a');
  const picture = await settled(page);
  await context.close();
  return picture;
}

test('a change that is planted in one hemisphere shows there and not in the other; loss and gain have two colors', async () => {
  const nothing = await axialPicture(plantedOn(+1, 0));
  const halves = (places) => {
    const isLeft = (n) => n % nothing.width < nothing.width / 2;
    return [places.filter(isLeft).length, places.filter((n) => !isLeft(n)).length];
  };
  const colors = [];
  for (const [side, percent] of [
    [+1, -8],
    [-1, -8],
    [+1, +8],
  ]) {
    const picture = await axialPicture(plantedOn(side, percent));
    const places = differences(nothing, picture);
    const [left, right] = halves(places);
    // Radiological: the person's right is on the left of the picture.
    const [there, elsewhere] = side > 0 ? [left, right] : [right, left];
    assert.ok(there > 0.02 * nothing.width * nothing.height, `planted on side ${side}: ${there} pixels colored there`);
    assert.ok(
      elsewhere < 0.002 * there,
      `planted on side ${side}: ${elsewhere} pixels colored on the other side, ${there} there`,
    );
    colors.push(redMinusBlue(picture, places));
  }
  assert.ok(colors[0] * colors[2] < 0, `loss and gain are told apart: ${colors}`);
  assert.ok(colors[0] * colors[1] > 0, 'loss has one color on both sides');
});

test('overlays are switched on and off', async () => {
  const { page, context } = await openViewer(plantedOn(+1, -8));
  await press(page, 'a');
  const withMap = await settled(page);
  await press(page, 'm');
  const without = await settled(page);
  assert.ok(differences(withMap, without).length > 0.01 * withMap.width * withMap.height, 'the map goes');
  await press(page, 't');
  const tissues = await settled(page);
  assert.ok(differences(without, tissues).length > 0.05 * withMap.width * withMap.height, 'the tissues come');
  await press(page, 't');
  await press(page, 'o');
  const outline = await settled(page);
  assert.ok(differences(without, outline).length > 100, 'the outline comes');
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
