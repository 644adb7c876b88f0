import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { follow } from '../../src/app/follow/follow.ts';
import type { FollowEvent, FollowRequest, Standing } from '../../src/app/follow/followRequest.ts';
import type { SyncRequest } from '../../src/app/sync/syncRequest.ts';
import type { ValidateRequest } from '../../src/app/validate/session.ts';
import type { Config } from '../../src/config/config.ts';
import type { PostgresAddress } from '../../src/config/postgresTarget.ts';
import { openReader } from '../../src/duckdb/reader.ts';
import { parseTableList } from '../../src/model/tableName.ts';
import { parseLsn } from '../../src/model/watermark.ts';
import type { PgSession } from '../../src/postgres/session.ts';
import { compareTable } from './compare.ts';

export interface FollowerOptions {
  readonly address: PostgresAddress;
  readonly folder: string;
  readonly tables: string;
  readonly overrides?: Partial<FollowRequest>;
  readonly config?: Partial<Config>;
}

/** A follower that runs in this process. */
export interface TestFollower {
  readonly events: FollowEvent[];
  readonly file: string;
  /** How often a scan began a stream. */
  scans(): number;
  /** Why streams were given up. */
  restarts(): string[];
  /** Where it said last that it stands. */
  standing(): Standing | undefined;
  /** Waits until the file holds all that was committed up to now. */
  caughtUp(session: PgSession): Promise<void>;
  /** That, and compares every row of every table. @returns how many rows */
  compare(session: PgSession): Promise<number>;
  /** @throws what the follower threw, if it has ended by itself */
  stop(): Promise<void>;
  readonly ended: Promise<unknown>;
}

export function configOf({ address, folder, tables, config }: FollowerOptions): Config {
  return {
    home: folder,
    duckdbPath: path.join(folder, 'finance.duckdb'),
    tables: parseTableList(tables),
    baseCurrency: 'USD',
    baseCurrencyIsSet: false,
    indexes: [],
    postgres: { kind: 'external', connection: address },
    today: null,
    fileMode: 0o600,
    timeZone: 'UTC',
    envFile: null,
    port: 0,
    token: null,
    warnings: [],
    ...config,
  };
}

export function startFollower(options: FollowerOptions): TestFollower {
  const config = configOf(options);
  const stopping = new AbortController();
  const events: FollowEvent[] = [];
  let standing: Standing | undefined;
  let failure: unknown;
  let over = false;
  const ended = follow({
    ...{
      config,
      publication: 'finance_db',
      keepSlot: null,
      once: false,
      writeBudget: null,
      waitSeconds: 0,
      pulseMs: 30,
    },
    ...{ now: () => new Date(), signal: stopping.signal, onProgress: () => undefined },
    onEvent: (event) => {
      if (event.kind === 'standing') standing = event.standing;
      else events.push(event);
    },
    ...options.overrides,
  }).then(
    () => {
      over = true;
    },
    (error: unknown) => {
      over = true;
      failure = error;
      return error;
    },
  );
  const caughtUp = async (session: PgSession): Promise<void> => {
    const [row] = await session.query<{ lsn: string }>('SELECT pg_current_wal_insert_lsn() AS lsn');
    const goal = parseLsn(row?.lsn ?? '0/0');
    const called = Date.now();
    const deadline = performance.now() + 150_000;
    for (;;) {
      if (over) throw failure ?? new Error('the follower has ended');
      const at = standing?.position ?? null;
      // The log may go on behind what is on the disk by what nobody waits for: say so, and it is.
      if (
        standing?.state === 'streaming' &&
        at !== null &&
        parseLsn(at) >= goal &&
        (standing.lookedAt?.getTime() ?? 0) > called
      )
        return;
      if (performance.now() > deadline)
        throw new Error(`not caught up: ${JSON.stringify(standing)}; ${JSON.stringify(events.slice(-3), bigint)}`);
      await session.query("SELECT pg_logical_emit_message(true, 'test', '')");
      await delay(20);
    }
  };
  return {
    events,
    file: config.duckdbPath,
    ended,
    scans: () => events.filter(({ kind }) => kind === 'scanned').length,
    restarts: () => events.flatMap((event) => (event.kind === 'restart' ? [event.reason] : [])),
    standing: () => standing,
    caughtUp,
    compare: async (session) => {
      await caughtUp(session);
      const reader = await openReader(config.duckdbPath);
      try {
        let rows = 0;
        for (const table of config.tables) rows += await compareTable(session, reader.connection, table);
        return rows;
      } finally {
        reader.close();
      }
    },
    stop: async () => {
      if (stopping.signal.aborted) return;
      if (over && failure !== undefined) throw failure;
      stopping.abort(new Error('stopped by the test'));
      await ended;
    },
  };
}

function bigint(_name: string, value: unknown): unknown {
  return typeof value === 'bigint' ? String(value) : value;
}

/** An ordinary sync of the same file. */
export function syncRequest(config: Config): SyncRequest {
  return {
    ...{ config, tables: config.tables, full: false, jobs: null, waitSeconds: 0, indexes: [] },
    ...{ now: () => new Date(), signal: new AbortController().signal, onProgress: () => undefined },
  };
}

/** A validation of the same file. */
export function validateRequest(config: Config): ValidateRequest {
  return {
    ...{ config, quick: false, limit: 20, now: () => new Date() },
    ...{ signal: new AbortController().signal, onStep: () => undefined },
  };
}
