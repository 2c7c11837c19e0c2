// node screenshots.mjs OUT FOLDER [sub-XX]: pictures of the trial page and of a participant's viewer; see tools/screenshots.
import { mkdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { launch, openFile } from './tests/browser.mjs';

const mostBytes = 300 * 1024;
const [out, folder, wanted] = process.argv.slice(2);

// Negative = loss: the participant with the smallest rate.
function participantToShow() {
  const { participants } = JSON.parse(readFileSync(join(out, 'trial_atrophy.json'), 'utf8'));
  const rate = (one) => one.rates_percent_per_year?.brain ?? Infinity;
  return participants.reduce((least, one) => (rate(one) < rate(least) ? one : least)).participant_id;
}

// Takes the first of the settings, the best first, whose picture is small enough.
async function smallEnough(file, settings, take) {
  for (const setting of settings) {
    await take(setting);
    if (statSync(file).size <= mostBytes) return console.log(`${file}: ${Math.round(statSync(file).size / 1024)} KiB`);
  }
  throw new Error(`${file} is larger than ${mostBytes / 1024} KiB.`);
}

async function trialPage(browser) {
  const file = join(folder, 'trial-page.png');
  await smallEnough(file, [2, 1.5, 1.25, 1], async (scale) => {
    const context_options = { viewport: { width: 1280, height: 1120 }, deviceScaleFactor: scale, colorScheme: 'light' };
    const { page, context } = await openFile(browser, join(out, 'trial.html'), { context_options });
    await page.locator('.chart-canvas svg, .chart-canvas canvas').first().waitFor();
    await page.waitForTimeout(500);
    // From the finding to the end of the first chart.
    const box = await page.locator('[data-chart]').first().boundingBox();
    const clip = { x: 0, y: 0, width: 1280, height: Math.ceil(box.y + box.height + 24) };
    await page.screenshot({ path: file, fullPage: true, clip });
    await context.close();
  });
}

async function viewer(browser, participant) {
  const file = join(folder, 'viewer.jpg');
  const context_options = { viewport: { width: 1280, height: 900 }, deviceScaleFactor: 1.5, colorScheme: 'light' };
  const { page } = await openFile(browser, join(out, `${participant}.html`), { context_options });
  await page.waitForFunction(() => document.querySelector('.stage') && !document.querySelector('.stage-wait'));
  await page.waitForTimeout(4000); // the second visit and the surface are drawn after the first picture
  const place = page.locator('.viewer');
  await place.scrollIntoViewIfNeeded();
  await smallEnough(file, [90, 80, 70, 60], (quality) => place.screenshot({ path: file, type: 'jpeg', quality }));
}

mkdirSync(folder, { recursive: true });
const browser = await launch({ webgl: true });
try {
  await trialPage(browser);
  await viewer(browser, wanted || participantToShow());
} finally {
  await browser.close();
}
