import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { PostgresAddress } from '../../src/config/connection/address.ts';
import { resolveAddress } from '../../src/config/connection/resolveAddress.ts';
import { isFinanceDbError } from '../../src/errors/financeDbError.ts';
import { serverAccount } from '../../src/postgres/embedded/account.ts';
import { freePort } from '../../src/postgres/embedded/socketPlace.ts';
import { connect } from '../../src/postgres/session.ts';
import { CAN_SIGN, lockKey, makeAuthority, makeCertificate } from '../support/certificates.ts';
import { runCli } from '../support/cli.ts';
import { type Cluster, makeCluster, systemPrograms } from '../support/cluster.ts';
import { temporaryFolder } from '../support/folder.ts';

// A server with TLS, and rules for each kind of connection; psql, where there is one, says what libpq makes of the same string.
const present = systemPrograms() !== null && CAN_SIGN;
if (!present) process.stderr.write('SKIPPED: connections: no PostgreSQL of the system, or no openssl\n');
const PSQL = spawnSync('psql', ['--version'], { encoding: 'utf8' });
const psqlVersion = PSQL.status === 0 ? Number(/(\d+)/.exec(PSQL.stdout)?.[1]) : null;
if (present && psqlVersion === null) process.stderr.write('SKIPPED: connections: no psql to compare with\n');

const RULES = `
local     all  all                 trust
host      all  tester   127.0.0.1/32  trust
hostssl   all  tlsonly  127.0.0.1/32  trust
hostnossl all  plain    127.0.0.1/32  trust
hostssl   all  certified 127.0.0.1/32 cert
host      all  scram    127.0.0.1/32  scram-sha-256
host      all  digest   127.0.0.1/32  md5
host      all  clear    127.0.0.1/32  password
`;

/** What a connection turned out to be, or the code of our error. */
type Outcome = 'tls' | 'plain' | 'refused';

(present ? describe : describe.skip)('a server with TLS and rules', () => {
  let cluster: Cluster;
  let files: ReturnType<typeof temporaryFolder>;
  let port: number;
  let dead: number;
  let bare: Cluster;

  beforeAll(async () => {
    files = temporaryFolder();
    for (const name of ['ours', 'theirs']) makeAuthority(files.path, name);
    makeCertificate(files.path, 'ours', 'server', 'localhost', 'DNS:localhost');
    makeCertificate(files.path, 'ours', 'client', 'certified');
    lockKey(files.path, 'client', 'locked.key', 'open-sesame');
    const home = path.join(files.path, 'home', '.postgresql');
    fs.mkdirSync(home, { recursive: true });
    for (const [from, to] of [
      ['ours.crt', 'root.crt'],
      ['client.crt', 'postgresql.crt'],
      ['client.key', 'postgresql.key'],
    ])
      fs.copyFileSync(path.join(files.path, from ?? ''), path.join(home, to ?? ''));
    fs.chmodSync(path.join(home, 'postgresql.key'), 0o600);
    fs.mkdirSync(path.join(files.path, 'empty'));
    fs.mkdirSync(path.join(files.path, 'sockets'), { mode: 0o777 });
    fs.chmodSync(files.path, 0o755);
    fs.chmodSync(path.join(files.path, 'sockets'), 0o777);
    [cluster, bare] = [
      await makeCluster({ unix_socket_directories: path.join(files.path, 'sockets') }),
      await makeCluster(),
    ];
    ({ port } = cluster.address);
    dead = await freePort();
    const admin = await connect(cluster.address, { retryMs: 5000 });
    await admin.query(`
      CREATE ROLE tlsonly LOGIN; CREATE ROLE plain LOGIN; CREATE ROLE certified LOGIN; CREATE ROLE x; GRANT x TO plain;
      SET password_encryption = 'scram-sha-256'; CREATE ROLE scram LOGIN PASSWORD 'right'; CREATE ROLE clear LOGIN PASSWORD 'right';
      SET password_encryption = 'md5'; CREATE ROLE digest LOGIN PASSWORD 'right';
      CREATE TABLE t (id int PRIMARY KEY, owner text); INSERT INTO t VALUES (1, 'x'), (2, 'plain'), (3, 'other');
      ALTER TABLE t ENABLE ROW LEVEL SECURITY; CREATE POLICY own ON t USING (owner = current_user OR owner = current_setting('app.tenant', true));
      GRANT SELECT ON t TO x, plain`);
    await admin.close();
    cluster.stop();
    const account = serverAccount(cluster.data);
    for (const name of ['server.crt', 'server.key', 'ours.crt']) {
      const file = path.join(cluster.data, name);
      fs.copyFileSync(path.join(files.path, name), file);
      fs.chmodSync(file, 0o600);
      if (account !== null) fs.chownSync(file, account.uid, account.gid);
    }
    fs.appendFileSync(path.join(cluster.data, 'postgresql.conf'), "\nssl = on\nssl_ca_file = 'ours.crt'\n");
    fs.writeFileSync(path.join(cluster.data, 'pg_hba.conf'), RULES);
    cluster.start();
  });
  afterAll(() => {
    cluster?.remove();
    bare?.remove();
    files?.remove();
  });

  const fill = (text: string): string =>
    text
      .replaceAll('FILES', files.path)
      .replaceAll('PORT', String(port))
      .replaceAll('DEAD', String(dead))
      .replaceAll('BARE', String(bare.address.port));
  const environment = (home: string, env: Record<string, string>): Record<string, string> => ({
    HOME: path.join(files.path, home),
    PGDATABASE: 'postgres',
    ...Object.fromEntries(Object.entries(env).map(([name, value]) => [name, fill(value)])),
  });
  const resolve = (text: string, home: string, env: Record<string, string>): PostgresAddress => {
    const all = environment(home, env);
    return resolveAddress(fill(text), 'DATABASE_URL', { setting: (name) => all[name] || undefined, env: all });
  };
  const SEEN =
    "SELECT (SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()) || ' ' || session_user || ' ' || (SELECT count(*) FROM pg_class WHERE relname = 't')";

  async function ours(
    text: string,
    home: string,
    env: Record<string, string>,
  ): Promise<{ seen: string; error: unknown }> {
    try {
      const session = await connect(resolve(text, home, env), { retryMs: 0 });
      try {
        const [row] = await session.query<{ seen: string }>(`${SEEN} AS seen`);
        return { seen: row?.seen ?? '', error: null };
      } finally {
        await session.close();
      }
    } catch (error) {
      return { seen: 'refused', error };
    }
  }

  function psql(text: string, home: string, env: Record<string, string>): string {
    const outcome = spawnSync('psql', ['-X', '-A', '-t', '-w', fill(text), '-c', SEEN], {
      encoding: 'utf8',
      env: { PATH: process.env.PATH ?? '', LC_ALL: 'C', ...environment(home, env) },
    });
    return outcome.status === 0 ? outcome.stdout.trim() : 'refused';
  }

  const AT = 'host=127.0.0.1 port=PORT';
  const NAMED = 'host=localhost hostaddr=127.0.0.1 port=PORT';
  const CLIENT = 'sslcert=FILES/client.crt sslkey=FILES/client.key';

  // [connection string, expected, code when refused, home folder, environment, psql that knows the parameter]
  test.each<[string, Outcome, string?, string?, Record<string, string>?, number?]>([
    [`${AT} user=tester`, 'tls'],
    [`${AT} user=tester sslmode=disable`, 'plain'],
    [`${AT} user=tester sslmode=allow`, 'plain'],
    [`${AT} user=tlsonly sslmode=allow`, 'tls'],
    [`${AT} user=tlsonly sslmode=disable`, 'refused', 'PG_AUTH'],
    [`${AT} user=plain sslmode=prefer`, 'plain'],
    [`${AT} user=plain sslmode=require`, 'refused', 'PG_AUTH'],
    [`${AT} user=tester sslmode=require`, 'tls'],
    [`${AT} user=tester sslmode=require sslrootcert=FILES/ours.crt`, 'tls'],
    [`${AT} user=tester sslmode=require sslrootcert=FILES/theirs.crt`, 'refused', 'PG_CERTIFICATE'],
    [`${AT} user=tester sslmode=prefer sslrootcert=FILES/theirs.crt`, 'plain'],
    [`${AT} user=tester sslmode=verify-ca sslrootcert=FILES/ours.crt`, 'tls'],
    [`${AT} user=tester sslmode=verify-full sslrootcert=FILES/ours.crt`, 'refused', 'PG_CERTIFICATE'],
    [`${NAMED} user=tester sslmode=verify-full sslrootcert=FILES/ours.crt`, 'tls'],
    [`hostaddr=127.0.0.1 port=PORT user=tester sslmode=verify-full sslrootcert=FILES/ours.crt`, 'refused', 'CONFIG'],
    [`${AT} user=tester sslmode=verify-ca`, 'refused', 'CONFIG'],
    [`${AT} user=tester sslmode=verify-ca`, 'tls', '', 'home'],
    [`${AT} user=tester sslmode=verify-full`, 'refused', 'PG_CERTIFICATE', 'home'],
    [`${AT} user=certified sslmode=require`, 'refused', 'PG_AUTH'],
    [`${AT} user=certified sslmode=require`, 'tls', '', 'home'],
    [`${AT} user=certified sslmode=require sslcertmode=disable`, 'refused', 'PG_AUTH', 'home', {}, 16],
    [`${AT} user=certified sslmode=require ${CLIENT}`, 'tls'],
    [
      `${AT} user=certified sslmode=require sslcert=FILES/client.crt sslkey=FILES/locked.key sslpassword=open-sesame`,
      'tls',
    ],
    [
      `${AT} user=certified sslmode=require sslcert=FILES/client.crt sslkey=FILES/locked.key sslpassword=no`,
      'refused',
      'PG_CERTIFICATE',
    ],
    [`${AT} user=scram`, 'refused', 'PG_AUTH'],
    [`${AT} user=scram password=right`, 'tls'],
    [`${AT} user=scram password=wrong`, 'refused', 'PG_AUTH'],
    [`${AT} user=scram`, 'tls', '', 'empty', { PGPASSWORD: 'right' }],
    [`${AT} user=scram passfile=FILES/pass`, 'tls'],
    [`${AT} user=scram`, 'tls', '', 'empty', { PGPASSFILE: 'FILES/pass' }],
    [`${AT} user=scram password=right channel_binding=require`, 'tls'],
    [`${AT} user=scram password=right channel_binding=require sslmode=disable`, 'refused', 'PG_AUTH'],
    [`${AT} user=digest password=right channel_binding=require`, 'refused', 'PG_AUTH'],
    [`${AT} user=digest password=right`, 'tls'],
    [`${AT} user=clear password=right`, 'tls'],
    [`${AT} user=clear password=right require_auth=scram-sha-256`, 'refused', 'PG_AUTH', 'empty', {}, 16],
    [`${AT} user=scram password=right require_auth=scram-sha-256`, 'tls', '', 'empty', {}, 16],
    [`${AT} user=tester require_auth=!none`, 'refused', 'PG_AUTH', 'empty', {}, 16],
    [`${AT} user=tester ssl_min_protocol_version=TLSv1.3`, 'tls'],
    [`${AT} user=tester gssencmode=disable connect_timeout=5 keepalives_idle=3 application_name=me`, 'tls'],
    [`host=FILES/sockets port=PORT user=tester sslmode=require`, 'plain'],
    ['postgres://tester@localhost:PORT/?hostaddr=127.0.0.1', 'tls'],
    [`postgres://tester@/?host=FILES/sockets&port=PORT`, 'plain'],
    [`postgres://tester@127.0.0.1:DEAD,127.0.0.1:PORT/`, 'tls'],
    [`host=127.0.0.1,127.0.0.1 port=DEAD,PORT user=scram password=wrong`, 'refused', 'PG_AUTH'],
    [`host=127.0.0.1,127.0.0.1 port=DEAD,DEAD user=tester`, 'refused', 'PG_UNREACHABLE'],
    [`${AT} user=tester target_session_attrs=primary`, 'tls'],
    [`${AT} user=tester target_session_attrs=read-only`, 'refused', 'PG_SESSION_ATTRS'],
    [`${AT} user=tester target_session_attrs=standby`, 'refused', 'PG_SESSION_ATTRS'],
    [`${AT} user=tester target_session_attrs=prefer-standby`, 'tls'],
    [`${AT} user=tester target_session_attrs=read-only options='-c default_transaction_read_only=on'`, 'tls'],
    [`host=127.0.0.1,127.0.0.1 port=DEAD,PORT user=tester load_balance_hosts=random`, 'tls', '', 'empty', {}, 16],
    [`host=127.0.0.1 port=BARE user=tester sslmode=require`, 'refused', 'PG_TLS'],
    [`host=127.0.0.1 port=BARE user=tester sslmode=prefer`, 'plain'],
    [`service=here`, 'tls', '', 'empty', { PGSERVICEFILE: 'FILES/services' }],
    [`service=here user=plain`, 'plain', '', 'empty', { PGSERVICEFILE: 'FILES/services' }],
    [`${AT} user=tester sslmod=disable`, 'refused', 'CONFIG'],
    [`${AT} user=tester sslcrl=FILES/none.crl`, 'tls'],
  ])('%s: %s %s', async (text, expected, code = '', home = 'empty', env = {}, since = 0) => {
    fs.writeFileSync(path.join(files.path, 'pass'), `127.0.0.1:${port}:*:scram:right\n`, { mode: 0o600 });
    fs.writeFileSync(path.join(files.path, 'services'), `[here]\nhost=127.0.0.1\nport=${port}\nuser=tester\n`);
    const { seen, error } = await ours(text, home, env);
    const outcome = seen === 'refused' ? seen : seen.startsWith('true') ? 'tls' : 'plain';
    expect({ outcome, code: isFinanceDbError(error) ? error.code : '' }).toEqual({ outcome: expected, code });
    if (isFinanceDbError(error)) expect(error.message).not.toMatch(/right|wrong|sesame/);
    if (psqlVersion !== null && psqlVersion >= since) expect(psql(text, home, env)).toBe(seen);
  });

  test('a missing password is missed by name, with where it was looked for', async () => {
    const { error } = await ours(`${AT} user=scram`, 'empty', {});
    expect(error).toMatchObject({
      code: 'PG_AUTH',
      message: expect.stringContaining('.pgpass'),
      details: { missing: 'password' },
    });
  });

  test.each([
    ['-crole%3Dx', 1],
    ['-c%20app.tenant%3Dother', 2],
    ['', 1],
  ])('options=%s decides which rows there are', async (options, rows) => {
    const home = temporaryFolder();
    try {
      const url = `postgres://plain@127.0.0.1:${port}/postgres?sslmode=disable&options=${options}`;
      const result = await runCli(['sync', '--json'], {
        env: { DATABASE_URL: url, FINANCE_DB_HOME: home.path, FINANCE_DB_TABLES: 't' },
      });
      expect(JSON.parse(result.stdout)).toMatchObject({ tables: [{ rows }] });
      const psqlSays = spawnSync('psql', ['-X', '-A', '-t', url, '-c', 'SELECT count(*) FROM t'], { encoding: 'utf8' });
      if (psqlVersion !== null) expect(psqlSays.stdout.trim()).toBe(String(rows));
    } finally {
      home.remove();
    }
  });

  test('a certificate that does not hold brings no sample data', async () => {
    const home = temporaryFolder();
    try {
      const url = fill(`postgres://tester@127.0.0.1:PORT/postgres?sslmode=require&sslrootcert=FILES/theirs.crt`);
      const result = await runCli(['sync'], { env: { DATABASE_URL: url, FINANCE_DB_HOME: home.path } });
      expect(result).toMatchObject({ code: 3, stderr: expect.stringContaining('[PG_CERTIFICATE]') });
      expect(fs.existsSync(path.join(home.path, 'finance.duckdb'))).toBe(false);
    } finally {
      home.remove();
    }
  });
});
