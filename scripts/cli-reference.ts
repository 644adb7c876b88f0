// Writes docs/cli.md and docs/finance-db.1 from the program itself; with --check it fails when one is stale.
import fs from 'node:fs';
import { PassThrough } from 'node:stream';
import { manPage } from '../src/cli/manPage.ts';
import { buildProgram } from '../src/cli/program.ts';
import { cliReference } from '../src/cli/reference.ts';

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
] as const) {
  const page = new URL(`../${name}`, import.meta.url);
  if (!process.argv.includes('--check')) {
    fs.writeFileSync(page, text);
  } else if (!fs.existsSync(page) || fs.readFileSync(page, 'utf8') !== text) {
    console.error(`${name} does not match the program: run \`npm run docs\` and commit it`);
    process.exitCode = 1;
  }
}
