// Writes docs/cli.md from the program itself; with --check it fails when the page is stale.
import fs from 'node:fs';
import { PassThrough } from 'node:stream';
import { buildProgram } from '../src/cli/program.ts';
import { cliReference } from '../src/cli/reference.ts';

const page = new URL('../docs/cli.md', import.meta.url);
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
const text = cliReference(program);
if (!process.argv.includes('--check')) {
  fs.writeFileSync(page, text);
} else if (!fs.existsSync(page) || fs.readFileSync(page, 'utf8') !== text) {
  console.error('docs/cli.md does not match the program: run `npm run docs` and commit it');
  process.exit(1);
}
