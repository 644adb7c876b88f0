import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { type CliOptions, type CliResult, runCli } from '../support/cli.ts';
import { temporaryFolder } from '../support/folder.ts';

let folder: ReturnType<typeof temporaryFolder>;
let home: string;
let table: string;
beforeEach(() => {
  folder = temporaryFolder();
  home = path.join(folder.path, 'data');
  table = path.join(folder.path, 'table');
  putCrontabProgram(`
case $1 in
  -l) [ -f "$FAKE_TABLE" ] && exec cat "$FAKE_TABLE"; echo "no crontab for me" >&2; exit 1 ;;
  -r) rm "$FAKE_TABLE" ;;
  -) cat > "$FAKE_TABLE.new" && mv "$FAKE_TABLE.new" "$FAKE_TABLE" ;;
esac`);
});
afterEach(() => folder.remove());

/** A crontab program of the test's own, so that nobody's crontab is touched. */
function putCrontabProgram(script: string): void {
  fs.mkdirSync(path.join(folder.path, 'bin'), { recursive: true });
  fs.writeFileSync(path.join(folder.path, 'bin', 'crontab'), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
}

function schedule(args: string[] = [], options: CliOptions = {}): Promise<CliResult> {
  const PATH = `${path.join(folder.path, 'bin')}:${process.env.PATH}`;
  return runCli(['schedule', ...args], {
    cwd: folder.path,
    ...options,
    env: { PATH, FAKE_TABLE: table, FINANCE_DB_HOME: home, ...options.env },
  });
}

const crontab = (): string | null => (fs.existsSync(table) ? fs.readFileSync(table, 'utf8') : null);
const PASSWORD_URL = 'postgres://me:s3cret@db.example/finance';

describe('the printed entry', () => {
  test('names everything by absolute path', async () => {
    const { code, stdout } = await schedule();
    expect(code).toBe(0);
    const entry = stdout.split('\n')[1] ?? '';
    const program = path.resolve('bin', 'finance-db.js');
    expect(entry).toBe(
      `*/5 * * * * ${process.execPath} -- ${program} sync --home ${home} >> ${path.join(home, 'sync.log')} 2>&1`,
    );
    expect(fs.existsSync(home)).toBe(false);
    expect(crontab()).toBeNull();
  });

  test('carries the settings of this run, the settings file by its name', async () => {
    fs.writeFileSync(path.join(folder.path, '.env'), 'FINANCE_DB_BASE_CURRENCY=EUR\nPGUSER=me\n');
    const { stdout } = await schedule(['--every', '1h', '--duckdb', 'other.duckdb'], {
      env: { FINANCE_DB_TABLES: 'payments,bank.loans', PGHOST: '/run/my pg', PGUSER: 'me' },
    });
    expect(stdout).toContain(
      `\n0 * * * * FINANCE_DB_TABLES=payments,bank.loans PGHOST='/run/my pg' ${process.execPath}`,
    );
    expect(stdout).toContain(`--duckdb ${path.join(folder.path, 'other.duckdb')}`);
    expect(stdout).toContain(`--env-file ${path.join(folder.path, '.env')}`);
    expect(stdout).not.toContain('EUR');
  });

  test('keeps a URL without a password', async () => {
    const { stdout, stderr } = await schedule(['--database-url', 'postgres://me@db.example/finance']);
    expect(stdout).toContain('DATABASE_URL=postgres://me@db.example/finance ');
    expect(stderr).not.toContain('password');
  });

  test.each([
    ['DATABASE_URL', { DATABASE_URL: PASSWORD_URL }],
    ['DATABASE_URL', { DATABASE_URL: 'postgres://me@db.example/finance?password=s3cret' }],
    ['PGPASSWORD', { PGHOST: 'db.example', PGPASSWORD: 's3cret' }],
  ])('never holds a password, and says where %s is to go', async (name, env) => {
    const { stdout, stderr } = await schedule([], { env });
    expect(stdout + stderr).not.toContain('s3cret');
    expect(stdout).toContain(`--env-file ${path.join(home, 'finance-db.env')}`);
    expect(stderr).toContain(`put ${name}=… into ${path.join(home, 'finance-db.env')}`);
    const install = await schedule(['--install'], { env });
    expect([install.code, crontab()]).toEqual([2, null]);
    expect(install.stdout + install.stderr).not.toContain('s3cret');
  });

  test('refers to the file when the password is in it', async () => {
    const file = path.join(folder.path, 'secret.env');
    fs.writeFileSync(file, `DATABASE_URL=${PASSWORD_URL}\n`);
    const { code, stderr } = await schedule(['--install', '--env-file', file], { env: { DATABASE_URL: PASSWORD_URL } });
    expect([code, stderr]).toEqual([0, '']);
    expect(crontab()).toContain(`--env-file ${file} >>`);
    expect(crontab()).not.toContain('DATABASE_URL');
  });

  test('as JSON', async () => {
    const { stdout } = await schedule(['--json', '--every', '60m']);
    expect(JSON.parse(stdout)).toMatchObject({ action: 'printed', every: '1h', log: path.join(home, 'sync.log') });
  });

  test('with an inbox imports first, then syncs, with the settings of both and one log', async () => {
    const inbox = path.join(folder.path, "bank's files");
    expect((await schedule(['--inbox', "bank's files"])).stderr).toContain('there is no folder');
    fs.mkdirSync(inbox);
    fs.writeFileSync(path.join(folder.path, '.env'), 'PGUSER=me\n');
    const { stdout } = await schedule(['--inbox', "bank's files"], { env: { PGHOST: '/run/my pg' } });
    const entry = stdout.split('\n')[1] ?? '';
    const program = `${process.execPath} -- ${path.resolve('bin', 'finance-db.js')}`;
    const settings = `--home ${home} --env-file ${path.join(folder.path, '.env')}`;
    const quoted = `'${inbox.replace("'", `'"'"'`)}'`;
    expect(entry).toBe(
      `*/5 * * * * { export PGHOST='/run/my pg'; ${program} import --inbox ${quoted} ${settings}; ${program} sync ${settings}; } >> ${path.join(home, 'sync.log')} 2>&1`,
    );
  });

  test('with an inbox runs in a shell: the sync also after a failed import, both into the log', async () => {
    const inbox = path.join(folder.path, 'in');
    fs.mkdirSync(inbox);
    const { stdout } = await schedule(['--inbox', inbox], { env: { FINANCE_DB_TABLES: 'a' } });
    fs.mkdirSync(home, { recursive: true });
    const command = (stdout.split('\n')[1] ?? '')
      .replace('*/5 * * * * ', '')
      .replaceAll(/\S+ -- \S+finance-db\.js (import|sync)/g, 'sh -c "echo $1 $FINANCE_DB_TABLES; exit 2" --');
    spawnSync('/bin/sh', ['-c', command]);
    expect(fs.readFileSync(path.join(home, 'sync.log'), 'utf8')).toBe('import a\nsync a\n');
  });

  test('with an inbox as systemd units, in the crontab and as JSON', async () => {
    const inbox = path.join(folder.path, 'in');
    fs.mkdirSync(inbox);
    const { stdout } = await schedule(['--inbox', inbox, '--systemd', 'service']);
    expect(stdout).toMatch(/\nExecStart=-\S+ -- \S+ import --inbox \S+in --home .*\nExecStart=\S+ -- \S+ sync /);
    expect((await schedule(['--inbox', inbox, '--install'])).stdout).toContain(`an import of ${inbox}, then a sync of`);
    expect((await schedule(['--install'])).stdout).toContain('Updated in your crontab: a sync of');
    expect(JSON.parse((await schedule(['--inbox', inbox, '--json'])).stdout)).toMatchObject({ inbox });
    expect((await schedule(['--inbox', inbox, '--remove'])).code).toBe(2);
  });

  test('of a follower it passes on how to stream, and refuses what the service would', async () => {
    const flags = ['--keep-slot', 'ledger', '--publication', 'my $money', '--write-budget', '5MB'];
    const { code, stdout, stderr } = await schedule(['--follow', ...flags]);
    expect([code, stdout]).toEqual([
      0,
      expect.stringMatching(
        /\nExecStart=\S+ -- \S+ follow --home \S+ "--publication=my \$\$money" --keep-slot=ledger --write-budget=5MB\n/,
      ),
    ]);
    expect(stderr).toContain(
      "schedule --follow '--publication=my $money' '--keep-slot=ledger' '--write-budget=5MB' > ",
    );
    for (const [args, words] of [
      [['--follow', '--keep-slot', 'No-Name'], 'the name of a slot'],
      [['--follow', '--write-budget', 'much'], '--write-budget'],
      [['--keep-slot', 'ledger'], 'give --follow too'],
    ] as const)
      for (const command of ['schedule', 'serve'])
        expect(await runCli([command, ...args], { env: { FINANCE_DB_HOME: home } })).toMatchObject({
          code: 2,
          stderr: expect.stringContaining(words),
        });
  });

  test('an interval that cron cannot keep is refused', async () => {
    const { code, stderr } = await schedule(['--every', '7m']);
    expect(code).toBe(2);
    expect(stderr).toContain('5, 6, 10');
  });
});

describe('the crontab', () => {
  const OWN = 'MAILTO=""\n\n# my own\n15 3 * * * /home/me/backup %d\n';

  test('is given the entry once, another interval in its place, and back as it was', async () => {
    fs.writeFileSync(table, OWN);
    expect((await schedule(['--install'])).stdout).toContain('Installed in your crontab');
    expect(crontab()?.startsWith(OWN)).toBe(true);
    expect(fs.existsSync(home)).toBe(true);
    const installed = crontab();
    expect((await schedule(['--install'])).stdout).toContain('Already in your crontab');
    expect(crontab()).toBe(installed);
    fs.appendFileSync(table, '# added later\n');
    expect((await schedule(['--install', '--every', '1d'])).stdout).toContain('Updated in your crontab');
    expect(crontab()?.match(/finance-db\.js/g)).toHaveLength(1);
    expect(crontab()).toContain('\n0 4 * * * ');
    expect((await schedule(['--remove'])).stdout).toContain('Removed from your crontab');
    expect(crontab()).toBe(`${OWN}# added later\n`);
    expect((await schedule(['--remove'])).stdout).toContain('Nothing to remove');
  });

  test('that was not there is not there afterwards', async () => {
    expect((await schedule(['--install'])).code).toBe(0);
    expect((await schedule(['--remove'])).code).toBe(0);
    expect(crontab()).toBeNull();
  });

  test('keeps the entry of another file, and says so', async () => {
    await schedule(['--install', '--home', path.join(folder.path, 'business')]);
    const { stderr } = await schedule(['--install']);
    expect(stderr).toContain(path.join(folder.path, 'business', 'finance.duckdb'));
    await schedule(['--remove']);
    expect(crontab()).toContain('business');
  });

  test('that cannot be read is not overwritten', async () => {
    fs.writeFileSync(table, OWN);
    putCrontabProgram('echo "You (me) are not allowed to use this program (crontab)" >&2; exit 1');
    const { code, stderr } = await schedule(['--install']);
    expect(code).toBe(2);
    expect(stderr).toContain('CRONTAB_REFUSED');
    expect(stderr).toContain('not allowed');
    expect(crontab()).toBe(OWN);
  });

  test('whose program is missing: says what to install', async () => {
    const { code, stderr } = await schedule(['--install'], { env: { PATH: path.join(folder.path, 'nowhere') } });
    expect(code).toBe(2);
    expect(stderr).toContain('CRONTAB_MISSING');
    expect(stderr).toContain('apt install cron');
  });
});

describe('systemd', () => {
  test('prints both units, or one to redirect into its file', async () => {
    const both = await schedule(['--systemd']);
    expect(both.stdout).toContain(`ExecStart=${process.execPath} `);
    expect(both.stdout).toContain('OnCalendar=*:0/5');
    expect(both.stderr).toContain('systemctl --user');
    const timer = await schedule(['--systemd', 'timer', '--every', '1d']);
    expect(timer.stdout).toContain('[Timer]\nOnCalendar=04:00');
    expect(timer.stdout).not.toContain('ExecStart');
  });

  test('does not go with --install', async () => {
    expect((await schedule(['--systemd', '--install'])).code).toBe(2);
  });
});
