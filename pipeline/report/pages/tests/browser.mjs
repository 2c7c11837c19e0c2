// Opens pages as a person would, by file://, in Debian's chromium, and notes whatever they should not do.
import { existsSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { chromium } from 'playwright-core';

export const chromiumPath = process.env.WANE_CHROMIUM || '/usr/bin/chromium';
export const isChromiumThere = () => existsSync(chromiumPath);

const softwareWebgl = ['--use-gl=angle', '--use-angle=swiftshader', '--enable-unsafe-swiftshader'];
const withoutWebgl = ['--disable-gpu', '--disable-3d-apis'];

export function launch({ webgl = false } = {}) {
  return chromium.launch({
    executablePath: chromiumPath,
    args: ['--no-sandbox', '--disable-background-networking', ...(webgl ? softwareWebgl : withoutWebgl)],
  });
}

const staysInside = (url, pageUrl) =>
  url === pageUrl || /^(data|blob|about):/.test(url) || url.startsWith(`${pageUrl}#`);

// { page, faults } of a file that is open in a context of its own, with its own storage. `faults`: console errors,
// uncaught exceptions and requests for anything but the file itself, as sentences; a test asks that there are none.
export async function openFile(browser, file, options = {}) {
  const context =
    options.context ??
    (await browser.newContext({ viewport: { width: 1440, height: 900 }, ...options.context_options }));
  const page = await context.newPage();
  const url = pathToFileURL(file).href;
  const faults = [];
  page.on('console', (message) => message.type() === 'error' && faults.push(`console: ${message.text()}`));
  page.on('pageerror', (error) => faults.push(`exception: ${error.message}`));
  page.on('request', (request) => {
    if (!staysInside(request.url(), url)) faults.push(`request: ${request.url().slice(0, 200)}`);
  });
  await page.goto(url, { waitUntil: 'load' });
  return { page, faults, context };
}
