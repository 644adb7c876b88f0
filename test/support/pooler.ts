import { spawn, spawnSync } from 'node:child_process';
import fs from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import type { PostgresAddress } from '../../src/config/postgresTarget.ts';
import { serverAccount } from '../../src/postgres/embedded/account.ts';
import { freePort } from '../../src/postgres/embedded/socketPlace.ts';
import { temporaryFolder } from './folder.ts';

/** What stands between clients and a server, and passes no streams of changes on. */
export interface Pooler {
  readonly address: PostgresAddress;
  close(): Promise<void>;
}

/** From 1.23 on pgbouncer passes streams on, and is no pooler for them. */
const PASSES_STREAMS = 1.23;

/** Where Debian's pgbouncer is, if it refuses streams; undefined without it. */
export const PGBOUNCER = ['/usr/sbin/pgbouncer', '/usr/bin/pgbouncer'].find((file) => {
  const version = fs.existsSync(file) ? spawnSync(file, ['--version'], { encoding: 'utf8' }).stdout : '';
  const [, number] = /PgBouncer (\d+\.\d+)/.exec(version) ?? [];
  return number !== undefined && Number(number) < PASSES_STREAMS;
});

/** Starts pgbouncer in transaction mode in front of a server whose roles need no password. */
export async function startPgBouncer(program: string, server: PostgresAddress, user: string): Promise<Pooler> {
  const place = temporaryFolder();
  const port = await freePort();
  fs.writeFileSync(
    path.join(place.path, 'users.txt'),
    [...new Set(['tester', user])].map((name) => `"${name}" ""\n`).join(''),
  );
  const databases = `${server.database} = host=${server.host} port=${server.port} dbname=${server.database} user=${user}`;
  const settings = `listen_addr = 127.0.0.1\nlisten_port = ${port}\nunix_socket_dir =\nauth_type = any\nauth_file = ${place.path}/users.txt\npool_mode = transaction\ndefault_pool_size = 8`;
  fs.writeFileSync(path.join(place.path, 'pgbouncer.ini'), `[databases]\n${databases}\n[pgbouncer]\n${settings}\n`);
  const account = serverAccount('/nonexistent');
  const pooler = spawn(program, [path.join(place.path, 'pgbouncer.ini')], {
    stdio: 'ignore',
    ...(account === null ? {} : { uid: account.uid, gid: account.gid }),
  });
  const gone = new Promise((resolve) => pooler.on('exit', resolve));
  return {
    address: { ...server, port, user },
    close: async () => {
      pooler.kill('SIGINT');
      await gone;
      place.remove();
    },
  };
}

/** A proxy that answers to a stream as poolers do, and lets everything else through. */
export async function startRefusingPooler(server: PostgresAddress): Promise<Pooler> {
  const sockets = new Set<net.Socket>();
  const listener = net.createServer((client) => {
    client.once('data', (startup: Buffer) => {
      if (startup.includes('\0replication\0')) {
        client.end(refusal('unsupported startup parameter: replication'));
        return;
      }
      const upstream = net.connect(server.port, server.host);
      upstream.write(startup);
      client.pipe(upstream).pipe(client);
      sockets.add(upstream);
      upstream.on('error', () => client.destroy());
      client.on('close', () => upstream.destroy());
    });
    sockets.add(client);
    client.on('error', () => undefined);
  });
  const port = await freePort();
  await new Promise<void>((resolve, reject) => listener.on('error', reject).listen(port, '127.0.0.1', resolve));
  return {
    address: { ...server, host: '127.0.0.1', port },
    close: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => listener.close(resolve));
    },
  };
}

/** "ErrorResponse" of PostgreSQL's protocol. */
function refusal(message: string): Buffer {
  const fields = Buffer.from(`SFATAL\0C08P01\0M${message}\0\0`);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(fields.length + 4);
  return Buffer.concat([Buffer.from('E'), length, fields]);
}
