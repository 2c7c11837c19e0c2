// Where the pages under test are, what is in them, and copies of them with other data.
//   WANE_PAGES_OUT      folder that `wane run` wrote, with trial.html, quality.html and sub-*.html
//   WANE_PAGES_DATASET  the BIDS dataset that it was made from
//   WANE_BIN            the program
//   WANE_CHROMIUM       the browser; else /usr/bin/chromium
import { execFile } from 'node:child_process';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { after } from 'node:test';

function setting(name) {
  const value = process.env[name];
  if (!value) throw new Error(`Set ${name}; see tests/pages.mjs.`);
  return value;
}

export const out = setting('WANE_PAGES_OUT');
export const dataset = () => setting('WANE_PAGES_DATASET');

export const pageFile = (name) => join(out, name);
export const participantPages = readdirSync(out)
  .filter((name) => /^sub-.*\.html$/.test(name))
  .sort();
export const firstParticipantPage = pageFile(participantPages[0] ?? 'sub-01.html');

export const readJson = (file) => JSON.parse(readFileSync(file, 'utf8'));

// A table's rows as objects by column.
export function readTsv(file) {
  const [header, ...rows] = readFileSync(file, 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => line.split('\t'));
  return rows.map((row) => Object.fromEntries(header.map((name, n) => [name, row[n]])));
}

const scratch = mkdtempSync(join(tmpdir(), 'wane-pages-'));
after(() => rmSync(scratch, { recursive: true, force: true }));
let scratchNames = 0;
export const scratchPath = (name) => join(scratch, `${++scratchNames}-${name}`);

const dataElement = /(<script[^>]*\bid="page-data"[^>]*>)([\s\S]*?)(<\/script>)/;

export function dataOf(file) {
  const match = dataElement.exec(readFileSync(file, 'utf8'));
  if (!match) throw new Error(`${file} holds no page data.`);
  return JSON.parse(match[2]);
}

// A copy of a page with what `change` makes of its data.
export function withData(file, change) {
  const data = dataOf(file);
  const changed = change(data) ?? data;
  const text = JSON.stringify(changed).replaceAll('<', '\\u003c');
  const copy = scratchPath(basename(file));
  writeFileSync(
    copy,
    readFileSync(file, 'utf8').replace(dataElement, (_, open, __, close) => open + text + close),
  );
  return copy;
}

// { code, stdout, stderr } of the program.
export function wane(...args) {
  return new Promise((resolve) => {
    execFile(setting('WANE_BIN'), args, { maxBuffer: 1 << 26 }, (error, stdout, stderr) =>
      resolve({ code: error ? (error.code ?? 128) : 0, stdout, stderr }),
    );
  });
}

// A copy of OUT without its images, for `wane group`.
export function copyOfReports() {
  const copy = scratchPath('out');
  cpSync(out, copy, { recursive: true, filter: (path) => !/\.(nii\.gz|html|png|vtk|vtp)$/.test(path) });
  return copy;
}

// A copy of OUT with the images of one participant alone, for `wane report`.
export function copyOfImages(participant) {
  const copy = scratchPath('out');
  const isWanted = (path) => !/\.(nii\.gz|html|png|vtk)$/.test(path) || path.startsWith(join(out, participant, '/'));
  cpSync(out, copy, { recursive: true, filter: isWanted });
  return copy;
}
