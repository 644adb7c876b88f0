import fs from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { PromptHistory } from '../../src/cli/prompt/history.ts';
import { runCli } from '../support/cli.ts';
import { type Fixture, makeFixture } from '../support/fixture.ts';

let fixture: Fixture;
let home: string;
beforeAll(async () => {
  fixture = await makeFixture();
});
afterAll(() => fixture.close());
beforeEach(async () => {
  await fixture.reset();
  await fixture.session.query('CREATE TABLE t (id int PRIMARY KEY); INSERT INTO t VALUES (1)');
  home = path.join(fixture.folder, 'data', 'home');
});

async function run(argv: string[], env: Record<string, string> = {}): Promise<void> {
  const result = await runCli(argv, { env: { ...fixture.env('t'), FINANCE_DB_HOME: home, ...env } });
  expect(result).toMatchObject({ code: 0 });
}

const modeOf = (file: string): string => (fs.statSync(file).mode & 0o777).toString(8);

describe('what is written', () => {
  test('is for the owner alone', async () => {
    await run(['sync']);
    const history = new PromptHistory(home);
    history.add('SELECT 1');
    history.save();
    expect(modeOf(home)).toBe('700');
    // The lock and what is made while a sync runs are gone.
    const written = fs.readdirSync(home);
    expect(written).toEqual(expect.arrayContaining(['finance.duckdb', 'query_history']));
    for (const name of written) expect([name, modeOf(path.join(home, name))]).toEqual([name, '600']);
  });

  test('is shared by a setting, whichever command publishes', async () => {
    const file = path.join(home, 'finance.duckdb');
    await run(['sync'], { FINANCE_DB_FILE_MODE: '0640' });
    expect(modeOf(file)).toBe('640');
    await run(['validate'], { FINANCE_DB_FILE_MODE: '0640' });
    expect(modeOf(file)).toBe('640');
    await fixture.session.query('INSERT INTO t VALUES (2)');
    await run(['sync'], { FINANCE_DB_FILE_MODE: '644' });
    expect(modeOf(file)).toBe('644');
    await fixture.session.query('INSERT INTO t VALUES (3)');
    await run(['sync']);
    expect(modeOf(file)).toBe('600');
  });

  test('does not change a folder that was there', async () => {
    fs.mkdirSync(home, { recursive: true });
    fs.chmodSync(home, 0o755);
    await run(['sync']);
    expect(modeOf(home)).toBe('755');
  });
});
