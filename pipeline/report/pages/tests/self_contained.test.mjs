// Every page is one file that needs nothing else, works without errors and can be used by everybody.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { after, before, test } from 'node:test';
import { launch, openFile } from './browser.mjs';
import { firstParticipantPage, pageFile } from './pages.mjs';

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
