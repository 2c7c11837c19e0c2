// Bundles each page into one HTML file without any reference to the outside: dist/trial.html, participant.html,
// quality.html. The program puts the page's JSON in the place of the marker (pipeline/report/pages.cpp).
//   node build.mjs OUTPUT_FOLDER
import { build } from 'esbuild';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = dirname(fileURLToPath(import.meta.url));
const output = process.argv[2] ?? join(here, 'dist');
const pages = ['trial', 'participant', 'quality'];

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
    legalComments: 'none',
    loader: { '.css': 'css' },
  });
  const text = (ending) => result.outputFiles.find((file) => file.path.endsWith(ending))?.text ?? '';
  const shell = await readFile(join(here, 'src', 'page.html'), 'utf8');
  // Functions, because a bundle may hold "$&", which `replace` would take for a pattern.
  const html = shell
    .replace('/*WANE-STYLE*/', () => text('.css').replaceAll('</style', '<\\/style'))
    .replace('/*WANE-SCRIPT*/', () => text('.js').replaceAll('</script', '<\\/script'));
  await mkdir(output, { recursive: true });
  await writeFile(join(output, `${page}.html`), html);
}

await Promise.all(pages.map(bundle));
