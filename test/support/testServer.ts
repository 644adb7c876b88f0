import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import type { PostgresAddress } from '../../src/config/postgresTarget.ts';
import { prepareData } from '../../src/postgres/embedded/dataFolder.ts';
import { prepareFolder } from '../../src/postgres/embedded/folder.ts';
import { useEmbeddedServer } from '../../src/postgres/embedded/server.ts';
import { makeCluster, makeClusterData, ownedFolder } from './cluster.ts';
import { temporaryFolder } from './folder.ts';
import { chosenPrograms } from './testPrograms.ts';

/** A running PostgreSQL server of the tests. */
export interface TestServer {
  readonly address: PostgresAddress;
  /** Stops it and removes its folder. */
  readonly end: () => Promise<void>;
}

/** What a data folder that is made once for all servers of a run holds: copying it takes a tenth of initdb's time. */
const TEMPLATE = ['data', 'password'];

/** Makes the data folder that the servers of this run start from; `remove` it when the last of them has ended. */
export function makeTemplate(): { remove: () => void } {
  const programs = chosenPrograms();
  const folder = programs === null ? temporaryFolder() : ownedFolder();
  const root = path.join(folder.path, 'postgres');
  if (programs === null) prepareData(prepareFolder(root));
  else makeClusterData(programs, path.join(root, 'data'));
  // A process that is killed loses nothing without fsync, only a machine does; and nobody waits for the disk that many share.
  // What autovacuum does takes transactions: a sync between two of its visits has nothing to do, and after one it has to look.
  fs.appendFileSync(path.join(root, 'data/postgresql.conf'), '\nfsync = off\nautovacuum = off\n');
  process.env.FINANCE_DB_TEST_TEMPLATE = root;
  return folder;
}

/**
 * Starts a real server: the embedded one, or with FINANCE_DB_TEST_POSTGRES=13 … 17 or =system one of another version (see
 * testPrograms.ts).
 */
export async function startTestServer(): Promise<TestServer> {
  const programs = chosenPrograms();
  if (programs !== null) {
    const copy = (data: string): void => copyTemplate(path.dirname(data));
    const cluster = await makeCluster({ max_connections: '64', timezone: 'UTC' }, copy, programs);
    return { address: cluster.address, end: async () => cluster.remove() };
  }
  const home = temporaryFolder();
  const root = path.join(home.path, 'postgres');
  prepareEmbedded(root);
  const server = await useEmbeddedServer(root, new Date());
  return {
    address: { ...server.address, sslmode: 'disable', sslrootcert: undefined },
    end: async () => {
      await server.release();
      home.remove();
    },
  };
}

/** Gives an embedded server that will be started at this root its data, where the template is one: initdb takes ten times as long. */
export function prepareEmbedded(root: string): void {
  if (chosenPrograms() === null) copyTemplate(prepareFolder(root).root);
}

/** With owners and modes, as the server wants them. */
function copyTemplate(folder: string): void {
  const template = process.env.FINANCE_DB_TEST_TEMPLATE;
  if (template === undefined) throw new Error('the tests need test/support/globalSetup.ts');
  const names = TEMPLATE.map((name) => path.join(template, name)).filter((name) => fs.existsSync(name));
  const { status, stderr } = spawnSync('cp', ['-a', ...names, fs.realpathSync(folder)], { encoding: 'utf8' });
  if (status !== 0) throw new Error(`the template was not copied: ${stderr}`);
}
