import fs from 'node:fs';
import path from 'node:path';
import pg from 'pg';
import { codeOf } from '../../errors/financeDbError.ts';
import { EMBEDDED_DATABASE, EMBEDDED_USER, type EmbeddedFolder } from './folder.ts';
import type { PidFile } from './pidFile.ts';

/** Who answers where a pid file says that its server listens; 'busy' is somebody who does not let us ask. */
export type SocketProof = 'ours' | 'other' | 'busy' | 'silent';

/** Nobody is there. */
const SILENT = new Set(['ENOENT', 'ECONNREFUSED', 'ENOTDIR', 'EHOSTUNREACH', 'ENETUNREACH']);
/** "Too many connections" and "starting up or shutting down". */
const BUSY = new Set(['53300', '57P03']);
/** A server notes its start twice, a moment apart. */
const START_TOLERANCE_S = 10;

/**
 * Asks whoever answers for the system identifier, the data folder and the time of its start: all must be those of our
 * data folder and its pid file. A copy of the folder has the same identifier, a later server another start.
 */
export async function proveBySocket(folder: EmbeddedFolder, file: PidFile): Promise<SocketProof> {
  const client = new pg.Client({
    host: file.host,
    port: file.port,
    user: EMBEDDED_USER,
    database: EMBEDDED_DATABASE,
    password: file.host.startsWith('/') ? '' : readPassword(folder),
    ssl: false,
    connectionTimeoutMillis: 5000,
  });
  client.on('error', () => undefined);
  try {
    await client.connect();
    const { rows } = await client.query<{ system: string; data: string; started: string }>(
      "SELECT system_identifier::text AS system, current_setting('data_directory') AS data, extract(epoch FROM pg_postmaster_start_time())::text AS started FROM pg_control_system()",
    );
    const [answer] = rows;
    return answer !== undefined &&
      answer.system === systemIdentifier(folder.data) &&
      isSameFolder(answer.data, folder.data) &&
      Math.abs(Number(answer.started) - file.startedAt) <= START_TOLERANCE_S
      ? 'ours'
      : 'other';
  } catch (error) {
    const code = codeOf(error) ?? '';
    if (SILENT.has(code)) return 'silent';
    return BUSY.has(code) || /timeout/i.test(String(error)) ? 'busy' : 'other';
  } finally {
    await client.end().catch(() => undefined);
  }
}

/** The first eight bytes of pg_control, in the byte order of the machines that PostgreSQL is packaged for. */
export function systemIdentifier(data: string): string {
  const bytes = fs.readFileSync(path.join(data, 'global', 'pg_control'));
  return bytes.readBigUInt64LE(0).toString();
}

function isSameFolder(one: string, other: string): boolean {
  const first = fs.statSync(one, { throwIfNoEntry: false });
  const second = fs.statSync(other, { throwIfNoEntry: false });
  return first !== undefined && first.dev === second?.dev && first.ino === second.ino;
}

function readPassword(folder: EmbeddedFolder): string {
  return fs.readFileSync(folder.password, 'utf8');
}
