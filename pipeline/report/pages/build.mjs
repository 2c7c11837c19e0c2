// Bundles each page into one HTML file without any reference to the outside: dist/trial.html, participant.html,
// quality.html. The program puts the page's JSON in the place of the marker (pipeline/report/pages.cpp). Each page ends
// with the licenses of the packages that it includes, in a comment, because pages are mailed and published alone.
//   node build.mjs OUTPUT_FOLDER
import { build } from 'esbuild';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = dirname(fileURLToPath(import.meta.url));
const output = process.argv[2] ?? join(here, 'dist');
const pages = ['trial', 'participant', 'quality'];

// The packages of which something is in the bundle, by their folders.
function packagesIn(metafile) {
  const folders = new Set();
  for (const { inputs } of Object.values(metafile.outputs))
    for (const [file, { bytesInOutput }] of Object.entries(inputs)) {
      const folder = file.match(/^.*node_modules\/(?:@[^/]+\/)?[^/]+/)?.[0];
      if (folder && bytesInOutput > 0) folders.add(join(here, folder));
    }
  return [...folders].sort();
}

// NiiVue's package holds no license text; this is its repository's.
const textsOfOthers = {
  '@niivue/niivue': join(here, 'src', 'licenses', 'niivue.txt'),
};

async function licenseOf(folder) {
  const { name, version, license } = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8'));
  const own = (await readdir(folder)).find((file) => /^licen[sc]e/i.test(file));
  const file = own ? join(folder, own) : textsOfOthers[name];
  if (!file) throw new Error(`${name} ${version} (${license}) is in a page and has no license text: add it to build.mjs.`);
  return { package: `${name} ${version}`, text: (await readFile(file, 'utf8')).replaceAll('\r\n', '\n').trim() };
}

// Packages with the same text stand above it together.
async function licensesOf(metafile) {
  const packages = new Map();
  for (const { package: name, text } of await Promise.all(packagesIn(metafile).map(licenseOf)))
    packages.set(text, [...(packages.get(text) ?? []), name]);
  return [...packages].map(([text, names]) => `${names.join(', ')}\n\n${text}\n`).join('\n\n');
}

async function bundle(page) {
  const result = await build({
    entryPoints: [join(here, 'src', page, 'page.ts')],
    outdir: 'unused',
    bundle: true,
    minify: true,
    write: false,
    format: 'iife',
    target: 'es2022',
    charset: 'utf8',
    legalComments: 'none', // the licenses are collected below
    metafile: true,
    absWorkingDir: here,
    loader: { '.css': 'css' },
  });
  const text = (ending) => result.outputFiles.find((file) => file.path.endsWith(ending))?.text ?? '';
  const shell = await readFile(join(here, 'src', 'page.html'), 'utf8');
  const licenses = await licensesOf(result.metafile);
  // Functions, because a bundle may hold "$&", which `replace` would take for a pattern.
  const html = shell
    .replace('/*WANE-STYLE*/', () => text('.css').replaceAll('</style', '<\\/style'))
    .replace('/*WANE-SCRIPT*/', () => text('.js').replaceAll('</script', '<\\/script'))
    .replace('/*WANE-LICENSES*/', () => licenses.replaceAll('-->', '-- >'));
  await mkdir(output, { recursive: true });
  await writeFile(join(output, `${page}.html`), html);
}

await Promise.all(pages.map(bundle));
