import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { parseConnectionString } from '../../src/config/connection/connectionString.ts';
import { PARAMETERS } from '../../src/config/connection/parameters.ts';
import { parseRequireAuth } from '../../src/config/connection/requireAuth.ts';
import { resolveAddress } from '../../src/config/connection/resolveAddress.ts';
import { readService } from '../../src/config/connection/serviceFile.ts';
import { findPassword } from '../../src/postgres/connection/passfile.ts';
import { temporaryFolder } from '../support/folder.ts';

const parsed = (text: string): Record<string, string> => Object.fromEntries(parseConnectionString(text));

describe('a connection string', () => {
  // Those of libpq's own regression test of URIs among them.
  test.each<[string, Record<string, string>]>([
    ['postgresql://', {}],
    ['postgres://', {}],
    ['postgresql:///', {}],
    ['postgresql://host', { host: 'host' }],
    ['postgresql://host/', { host: 'host' }],
    ['postgresql://host:12345/', { host: 'host', port: '12345' }],
    ['postgresql:///db', { dbname: 'db' }],
    ['postgresql://host/db?user=uri-user', { host: 'host', dbname: 'db', user: 'uri-user' }],
    ['postgresql://uri-user@host', { user: 'uri-user', host: 'host' }],
    ['postgresql://uri-user@', { user: 'uri-user' }],
    ['postgresql://uri-user:secret@', { user: 'uri-user', password: 'secret' }],
    ['postgresql://%68ost/', { host: 'host' }],
    ['postgresql://?host=/path/to/socket/dir', { host: '/path/to/socket/dir' }],
    ['postgres://otheruser@?host=/no/such/directory', { user: 'otheruser', host: '/no/such/directory' }],
    ['postgresql://%2Fvar%2Frun/db', { host: '/var/run', dbname: 'db' }],
    ['postgresql://[2001:db8::1]:1234/', { host: '2001:db8::1', port: '1234' }],
    ['postgresql://[::1],h2:5433/d', { host: '::1,h2', port: ',5433', dbname: 'd' }],
    [
      'postgresql://h1:1,h2:2/d?target_session_attrs=any',
      { host: 'h1,h2', port: '1,2', dbname: 'd', target_session_attrs: 'any' },
    ],
    ['postgresql://u:p%40ss%3A%2F@h/d', { user: 'u', password: 'p@ss:/', host: 'h', dbname: 'd' }],
    ['postgresql://u:a:b@h', { user: 'u', password: 'a:b', host: 'h' }],
    ['postgresql://h/d?options=-crole%3Dx', { host: 'h', dbname: 'd', options: '-crole=x' }],
    ['postgresql://h/d?application_name=a+b', { host: 'h', dbname: 'd', application_name: 'a+b' }],
    ['postgresql://h/d?ssl=true', { host: 'h', dbname: 'd', sslmode: 'require' }],
    ['host=h dbname=d', { host: 'h', dbname: 'd' }],
    ["  host = 'h'   port=1 ", { host: 'h', port: '1' }],
    ["password='it\\'s \\\\ blank'", { password: "it's \\ blank" }],
    ['password=a\\ b user=u', { password: 'a b', user: 'u' }],
    ["user='' host=h", { user: '', host: 'h' }],
    ['user= host=h', { user: 'host=h' }],
    ["dbname=o'clock", { dbname: "o'clock" }],
  ])('%s', (text, expected) => {
    expect(parsed(text)).toEqual(expected);
  });

  test.each<[string, string]>([
    ['mysql://h/d', 'postgres://'],
    ['finance', 'neither'],
    ['postgres://h/d?x', 'name=value'],
    ['postgres://h/d?a=b=c', 'name=value'],
    ['postgres://[::1/d', 'host'],
    ['postgres://[]/d', 'empty'],
    ['postgres://[::1]z/d', 'host'],
    ['postgres://u:s3cret%zz@h', '%'],
    ['postgres://u:s3cret%00@h', '%00'],
    ["host='h", 'closed'],
    ['host=h s3cret', 'followed by ='],
    ['=s3cret', 'cannot be read'],
  ])('%s is malformed, and nothing of it is shown', (text, why) => {
    expect(() => parsed(text)).toThrow(why);
    expect(() => parsed(text)).not.toThrow('s3cret');
  });

  test('any values come back as they were, in both forms', () => {
    const value = fc.string({ unit: 'binary', minLength: 1 }).filter((text) => !text.includes('\0'));
    fc.assert(
      fc.property(value, value, (user, password) => {
        const uri = `postgres://${encodeURIComponent(user)}:${encodeURIComponent(password)}@h`;
        expect(parsed(uri)).toEqual({ user, password, host: 'h' });
        const quote = (text: string): string => `'${text.replace(/[\\']/g, '\\$&')}'`;
        expect(parsed(`user=${quote(user)} password = ${quote(password)}`)).toEqual({ user, password });
      }),
    );
  });
});

describe('an address', () => {
  let folder: ReturnType<typeof temporaryFolder>;
  beforeEach(() => {
    folder = temporaryFolder();
  });
  afterEach(() => folder.remove());

  const resolve = (text: string | undefined, env: Record<string, string> = {}) =>
    resolveAddress(text, 'DATABASE_URL', {
      setting: (name) => env[name] || undefined,
      env: { HOME: folder.path, ...env },
    });

  test.each<[string, Record<string, string>, object]>([
    ['host=h1,h2 port=5433', {}, { host: 'h1', port: 5433, otherHosts: [{ host: 'h2', port: 5433 }] }],
    ['postgres://h1:1,h2/d', { PGPORT: '9' }, { host: 'h1', port: 1, otherHosts: [{ host: 'h2', port: 5432 }] }],
    ['host=h1', { PGPORT: '9' }, { host: 'h1', port: 9 }],
    ['host=name hostaddr=127.0.0.1', {}, { host: 'name', hostaddr: '127.0.0.1' }],
    ['hostaddr=::1', {}, { host: '', hostaddr: '::1' }],
    ['host=h', {}, { user: os.userInfo().username, database: os.userInfo().username, sslmode: 'prefer' }],
    ['host=h user=u', { PGPASSWORD: 'x', PGSSLMODE: 'require' }, { database: 'u', password: 'x', sslmode: 'require' }],
    ['host=h sslmode=disable', { PGSSLMODE: 'require' }, { sslmode: 'disable' }],
    ['host=h sslrootcert=system', {}, { sslmode: 'verify-full', sslrootcert: 'system' }],
    ['host=h', { PGREQUIRESSL: '1' }, { sslmode: 'require' }],
    ['postgres://h/d?options=-crole%3Dx', {}, { settings: { options: '-crole=x' } }],
    ['host=h', { PGOPTIONS: '-c geqo=off' }, { settings: { options: '-c geqo=off' } }],
    ['host=h connect_timeout=3 keepalives_idle=7', {}, { settings: { connectTimeout: 3, keepalivesIdle: 7 } }],
    ['host=h fallback_application_name=f', { PGAPPNAME: 'a' }, { settings: { applicationName: 'a' } }],
    ['host=h require_auth=!password,!md5', {}, { settings: { requireAuth: expect.not.arrayContaining(['md5']) } }],
    ['host=h keepalives_count=0 sslsni=1 gssencmode=prefer replication=false', {}, { host: 'h' }],
  ])('%s with %p', (text, env, expected) => {
    expect(resolve(text, env)).toMatchObject(expected);
  });

  test.each<[string, Record<string, string>, string, string]>([
    ['postgres://h/d?sslmod=require', {}, 'sslmod', 'sslmode'],
    ['host=h pasword=s3cret', {}, 'pasword', 'password'],
    ['host=h sslmode=maybe', {}, 'sslmode in DATABASE_URL', ''],
    ['host=h sslmode=', { PGSSLMODE: 'require' }, 'sslmode in DATABASE_URL', ''],
    ['postgres://h/d?target_session_attrs=', {}, 'target_session_attrs in DATABASE_URL', ''],
    ['host=h channel_binding=', {}, 'channel_binding in DATABASE_URL', ''],
    ['host=h', { PGSSLMODE: 'maybe' }, 'PGSSLMODE (sslmode)', ''],
    ['host=h', { PGPORT: '0' }, 'PGPORT (port)', ''],
    ['host=a,b port=1,2,3', {}, 'port', ''],
    ['host=a,b hostaddr=127.0.0.1', {}, 'hostaddr', ''],
    ['hostaddr=name', {}, 'hostaddr', ''],
    ['host=h gssencmode=require', {}, 'gssencmode', ''],
    ['host=h requirepeer=postgres', {}, 'requirepeer', ''],
    ['host=h keepalives_count=3', {}, 'keepalives_count', ''],
    ['host=h', { PGREQUIREPEER: 'x' }, 'PGREQUIREPEER', ''],
    ['host=h connect_timeout=soon', {}, 'connect_timeout', ''],
    ['host=h target_session_attrs=master', {}, 'target_session_attrs', ''],
    ['host=h sslrootcert=system sslmode=require', {}, 'sslmode', ''],
    ['host=h sslnegotiation=direct', {}, 'sslnegotiation', ''],
    ['host=h require_auth=md5,!password', {}, 'require_auth', ''],
    ['host=h ssl_min_protocol_version=TLSv1.3 ssl_max_protocol_version=TLSv1.2', {}, 'ssl_min_protocol_version', ''],
    ['service=none', {}, '"none"', ''],
    ['host=h', { PGSERVICE: 'none' }, '"none"', ''],
  ])('%s with %p is refused by name', (text, env, name, meant) => {
    expect(() => resolve(text, env)).toThrow(
      expect.objectContaining({
        code: 'CONFIG',
        message: expect.stringContaining(name),
        remedy: expect.stringContaining(meant),
      }),
    );
    expect(() => resolve(text, env)).not.toThrow('s3cret');
  });

  test('every parameter of the table that is refused says why, and those with values take theirs', () => {
    for (const { name, rule } of PARAMETERS) {
      if (rule.kind === 'refused') expect(() => resolve(`host=h ${name}=x`)).toThrow(`${name} in DATABASE_URL: cannot`);
      if (rule.kind === 'only')
        for (const value of rule.values) expect(() => resolve(`host=h ${name}=${value}`)).not.toThrow();
    }
  });

  test('a service stands between the string and the environment', () => {
    const file = path.join(folder.path, '.pg_service.conf');
    fs.writeFileSync(file, '# mine\n[other]\nhost=o\n[mine]\nhost=h1,h2\nport=7\nuser=su\n\n[mine]\nhost=no\n');
    const expected = { host: 'h1', port: 7, user: 'u', database: 'e', otherHosts: [{ host: 'h2', port: 7 }] };
    expect(resolve('service=mine user=u', { PGPORT: '8', PGDATABASE: 'e' })).toMatchObject(expected);
    expect(resolve(undefined, { PGSERVICE: 'mine', PGDATABASE: 'e' })).toMatchObject({ ...expected, user: 'su' });
    const elsewhere = path.join(folder.path, 'elsewhere');
    fs.mkdirSync(elsewhere);
    fs.writeFileSync(path.join(elsewhere, 'pg_service.conf'), '[system]\nhost=s\n');
    expect(resolve('service=system', { PGSYSCONFDIR: elsewhere })).toMatchObject({ host: 's' });
    fs.writeFileSync(file, '[mine]\nhots=h\n');
    expect(() => resolve('service=mine')).toThrow(expect.objectContaining({ remedy: 'was host meant?' }));
    expect(() => resolve('service=mine', { PGSERVICEFILE: '/nowhere' })).toThrow(
      expect.objectContaining({ code: 'FILE_UNREADABLE' }),
    );
  });
});

test.each<[string, object]>([
  ['[a]\nhost=h\n', { kind: 'found' }],
  ['[b]\nhost=h\n', { kind: 'missing' }],
  ['[a]\nldap://x\n', { kind: 'malformed', line: 2 }],
  ['\n[a]\nhost\n', { kind: 'malformed', line: 3 }],
  ['[a]\nservice=b\n', { kind: 'malformed' }],
])('a service file %j', (text, expected) => {
  expect(readService(text, 'a')).toMatchObject(expected);
});

test.each<[string, string, string | null]>([
  ['h:5432:d:u:secret', 'h', 'secret'],
  ['*:*:*:*:any', 'h', 'any'],
  ['# no\nother:*:*:*:x\nh:*:*:*:y', 'h', 'y'],
  ['h:5432:d:u:a:b', 'h', 'a:b'],
  ['h:5432:d:u:a\\:b\\\\c', 'h', 'a:b\\c'],
  ['\\:\\:1:5432:d:u:six', '::1', 'six'],
  ['localhost:5432:d:u:socket', '/var/run/postgresql', 'socket'],
  ['/elsewhere:5432:d:u:socket', '/elsewhere', 'socket'],
  ['h:5433:d:u:other', 'h', null],
  ['h:5432:d', 'h', null],
])('a password file %j', (text, host, expected) => {
  expect(findPassword(text, { place: { host, port: 5432 }, database: 'd', user: 'u' })).toBe(expected);
});

test.each<[string, unknown]>([
  ['scram-sha-256', ['scram-sha-256']],
  ['md5, none', ['md5', 'none']],
  ['!password', ['md5', 'gss', 'sspi', 'scram-sha-256', 'oauth', 'none']],
  ['!password,md5', expect.any(String)],
  ['kerberos', expect.any(String)],
])('require_auth=%s', (text, expected) => {
  expect(parseRequireAuth(text)).toEqual(expected);
});
