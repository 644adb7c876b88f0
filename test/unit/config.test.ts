import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { loadConfig } from '../../src/config/config.ts';
import { temporaryFolder } from '../support/folder.ts';

let folder: ReturnType<typeof temporaryFolder>;
beforeEach(() => {
  folder = temporaryFolder();
});
afterEach(() => folder.remove());

const address = (env: Record<string, string>, flags: { databaseUrl?: string } = {}) => {
  const { postgres } = loadConfig(flags, { HOME: '/home/me', USER: 'me', ...env }, folder.path);
  return postgres.kind === 'external' ? postgres.connection : postgres;
};

describe('where PostgreSQL is', () => {
  test.each<[string, Record<string, string>, object]>([
    ['nothing set', {}, { kind: 'embedded', folder: '/home/me/.local/share/finance-db/postgres' }],
    [
      'a URL',
      { DATABASE_URL: 'postgres://u:p%40ss@h:5433/d?sslmode=require' },
      { host: 'h', port: 5433, user: 'u', password: 'p@ss', database: 'd', sslmode: 'require' },
    ],
    [
      'a URL over PG*',
      { DATABASE_URL: 'postgres://u@h/d', PGHOST: 'other', PGPORT: '6000' },
      { host: 'h', port: 6000, database: 'd' },
    ],
    [
      'a socket',
      { DATABASE_URL: 'postgres:///d?host=/run/postgresql' },
      { host: '/run/postgresql', port: 5432, user: os.userInfo().username, database: 'd' },
    ],
    [
      'a socket and a user',
      { DATABASE_URL: 'postgres://u@/d?host=/run/pg&port=6432' },
      { host: '/run/pg', port: 6432, user: 'u' },
    ],
    ['IPv6', { DATABASE_URL: 'postgresql://u@[::1]:5433/d' }, { host: '::1', port: 5433 }],
    ['PG* alone', { PGHOST: 'h', PGUSER: 'u' }, { host: 'h', port: 5432, user: 'u', database: 'u' }],
    ['an empty variable is unset', { DATABASE_URL: '' }, { kind: 'embedded' }],
  ])('%s', (_name, env, expected) => {
    expect(address(env)).toMatchObject(expected);
  });

  test('flag > environment > .env > default', () => {
    fs.writeFileSync(
      path.join(folder.path, '.env'),
      'PGHOST=from-file\nPGUSER=file-user\nFINANCE_DB_BASE_CURRENCY=CZK\n',
    );
    expect(address({})).toMatchObject({ host: 'from-file', user: 'file-user' });
    expect(address({ PGHOST: 'from-env' })).toMatchObject({ host: 'from-env', user: 'file-user' });
    expect(address({ PGHOST: 'from-env' }, { databaseUrl: 'postgres://from-flag/d' })).toMatchObject({
      host: 'from-flag',
    });
    expect(loadConfig({}, {}, folder.path).baseCurrency).toBe('CZK');
  });
});

describe('settings that mean nothing', () => {
  test.each<[string, Record<string, string>]>([
    ['PGPORT', { PGHOST: 'h', PGPORT: '99999' }],
    ['PGSSLMODE', { PGHOST: 'h', PGSSLMODE: 'maybe' }],
    ['FINANCE_DB_BASE_CURRENCY', { FINANCE_DB_BASE_CURRENCY: 'dollars' }],
    ['FINANCE_DB_TODAY', { FINANCE_DB_TODAY: 'yesterday' }],
    ['FINANCE_DB_MEMORY', { FINANCE_DB_MEMORY: 'much' }],
    ['FINANCE_DB_SPOOL', { FINANCE_DB_SPOOL: '5' }],
    ['PostgreSQL URL', { DATABASE_URL: 'postgres://u:s3cret%zz@h/d' }],
  ])('%s is named', (name, env) => {
    expect(() => loadConfig({}, env, folder.path)).toThrow(
      expect.objectContaining({ code: 'CONFIG', message: expect.stringContaining(name) }),
    );
    expect(() => loadConfig({}, env, folder.path)).not.toThrow('s3cret');
  });

  test.each(['0700', '0444', '8888', '06000', 'rw', '-600', '0'])('FINANCE_DB_FILE_MODE is not %s', (text) => {
    expect(() => loadConfig({}, { FINANCE_DB_FILE_MODE: text }, folder.path)).toThrow(
      expect.objectContaining({ code: 'CONFIG', message: expect.stringContaining('FINANCE_DB_FILE_MODE') }),
    );
  });

  test('permissions are octal, with or without the zero', () => {
    expect(loadConfig({}, {}, folder.path).fileMode).toBe(0o600);
    expect(loadConfig({}, { FINANCE_DB_FILE_MODE: '0640' }, folder.path).fileMode).toBe(0o640);
    expect(loadConfig({}, { FINANCE_DB_FILE_MODE: '644' }, folder.path).fileMode).toBe(0o644);
  });

  test('sizes have units', () => {
    const env = { FINANCE_DB_MEMORY: '1.5 GiB', FINANCE_DB_SPOOL: '200MB' };
    expect(loadConfig({}, env, folder.path)).toMatchObject({ memory: '1610613KB', spoolBytes: 200_000_000 });
  });

  test('a settings file that was named must be there', () => {
    expect(() => loadConfig({ envFile: 'missing.env' }, {}, folder.path)).toThrow(
      expect.objectContaining({ code: 'FILE_UNREADABLE' }),
    );
  });
});
