// Pages on paper, as `chromium --headless --print-to-pdf` makes them.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { test } from 'node:test';
import { chromiumPath } from './browser.mjs';
import { firstParticipantPage, pageFile, scratchPath } from './pages.mjs';

const a4_points = [595, 842];

async function print(file) {
  const pdf = scratchPath('page.pdf');
  const flags = [
    '--headless',
    '--no-sandbox',
    '--disable-background-networking',
    '--use-gl=angle',
    '--use-angle=swiftshader',
    '--enable-unsafe-swiftshader',
  ];
  // The clock of the page runs ahead to the end of what it waits for; then it is printed.
  await promisify(execFile)(
    chromiumPath,
    [
      ...flags,
      `--user-data-dir=${scratchPath('profile')}`,
      '--virtual-time-budget=20000',
      `--print-to-pdf=${pdf}`,
      '--no-pdf-header-footer',
      pathToFileURL(file).href,
    ],
    { timeout: 120_000 },
  );
  assert.ok(existsSync(pdf), 'chromium wrote a PDF');
  return readFileSync(pdf, 'latin1');
}

const pageCount = (pdf) => pdf.match(/\/Type\s*\/Page\b(?!s)/g)?.length ?? 0;

function assertA4(pdf) {
  for (const [, width, height] of pdf.matchAll(/\/MediaBox\s*\[\s*0 0 ([\d.]+) ([\d.]+)\s*\]/g))
    assert.ok(Math.abs(width - a4_points[0]) < 2 && Math.abs(height - a4_points[1]) < 2, `${width} x ${height} points`);
}

for (const [name, file, most] of [
  ['trial', pageFile('trial.html'), 4],
  ['participant', firstParticipantPage, 2],
])
  test(`the ${name} page prints on A4, on ${most} pages at the most`, async () => {
    const pdf = await print(file);
    assertA4(pdf);
    const pages = pageCount(pdf);
    assert.ok(pages >= 1 && pages <= most, `${pages} pages`);
  });
