// Writes docs/cli.md, docs/finance-db.1, README's table of settings and the side tables in docs/import.md from the program itself; with --check it fails when one is stale.
import fs from 'node:fs';
import { PassThrough } from 'node:stream';
import { manPage } from '../src/cli/manPage.ts';
import { buildProgram } from '../src/cli/program.ts';
import { cliReference, withSettingsTable } from '../src/cli/reference.ts';
import { withSideTables } from '../src/cli/sideTablesReference.ts';

const readme = fs.readFileSync(new URL('../README.md', import.meta.url), 'utf8');
const importPage = fs.readFileSync(new URL('../docs/import.md', import.meta.url), 'utf8');
const stream = Object.assign(new PassThrough(), { isTTY: false });
const program = buildProgram(
  {
    stdin: stream,
    stdout: stream,
    stderr: stream,
    signal: new AbortController().signal,
    cwd: '/',
    now: () => new Date(),
  },
  {},
);
for (const [name, text] of [
  ['docs/cli.md', cliReference(program)],
  ['docs/finance-db.1', manPage(program)],
  ['README.md', withSettingsTable(readme)],
  ['docs/import.md', withSideTables(importPage)],
] as const) {
  const page = new URL(`../${name}`, import.meta.url);
  if (!process.argv.includes('--check')) {
    fs.writeFileSync(page, text);
  } else if (!fs.existsSync(page) || fs.readFileSync(page, 'utf8') !== text) {
    console.error(`${name} does not match the program: run \`npm run docs\` and commit it`);
    process.exitCode = 1;
  }
}
