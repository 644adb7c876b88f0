import type { Config } from '../../config/config.ts';

/** How `serve` is to run. */
export interface ServeOptions {
  readonly config: Config;
  readonly now: () => Date;
  /** The port; 0 for any. */
  readonly port: number;
  /** An address beyond this machine; null for 127.0.0.1 and ::1. */
  readonly host: string | null;
  /** What visitors must know; null for nothing, on this machine alone. */
  readonly token: string | null;
  /** '' or '/money'. */
  readonly base: string;
  /** Names that the Host header may have beside those of this machine, in lower case. */
  readonly allowedHosts: readonly string[];
  /** Whether X-Forwarded-Host and X-Forwarded-Proto are to be believed. */
  readonly trustProxy: boolean;
  readonly sql: boolean;
  /** How the data is kept fresh. */
  readonly sync: SyncOptions;
  /** Told what goes wrong beside the requests, a line each. */
  readonly log: (line: string) => void;
  readonly limits?: Partial<ServerLimits>;
  /** Whether a file that has come is looked through before anybody asks; it is, when left out. */
  readonly warm?: boolean;
}

export interface SyncOptions {
  /** Whether the server syncs by itself. */
  readonly automatic: boolean;
  /** The flags of a `follow` that is kept running instead; null for none. */
  readonly follow: readonly string[] | null;
  readonly maxAgeMs: number;
  /** This very tool as a program and its first arguments: a command of it is run by adding its name and flags. */
  readonly program: readonly string[];
  /** The flags that say which file and which PostgreSQL: those of this run. */
  readonly flags: readonly string[];
  /** The folder to run it in: that of this run, where its `.env` is. */
  readonly cwd: string;
  readonly env: NodeJS.ProcessEnv;
}

/** What one visitor may take, in milliseconds and bytes. */
export interface ServerLimits {
  /** Until the last header of a request has come. */
  readonly headersMs: number;
  /** Until the last byte of a request has come. */
  readonly requestMs: number;
  /** Until a visitor takes the next piece of an answer. */
  readonly drainMs: number;
  readonly bodyBytes: number;
  readonly headerBytes: number;
  readonly connections: number;
  /** DuckDB queries at once, those that wait, and for how long. */
  readonly queries: number;
  readonly waiting: number;
  readonly patienceMs: number;
  /** From so many rows on a page is shown before what takes seconds. */
  readonly lateRows: number;
  /** How often the place of the DuckDB file is looked at for another one. */
  readonly watchMs: number;
  /** How long a request may go on after the server was told to stop. */
  readonly graceMs: number;
}

export const SERVER_LIMITS: ServerLimits = {
  headersMs: 10_000,
  requestMs: 30_000,
  drainMs: 30_000,
  bodyBytes: 1_000_000,
  headerBytes: 16_384,
  connections: 512,
  queries: 2,
  waiting: 32,
  patienceMs: 5000,
  lateRows: 500_000,
  watchMs: 1000,
  graceMs: 1000,
};
