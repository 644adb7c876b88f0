import { CONNECTION_VARIABLES } from './connection/parameters.ts';
import {
  type Parser,
  parseBytes,
  parseCatalogue,
  parseCurrency,
  parseDay,
  parseFileMode,
  parseLakePlace,
  parseMemory,
  parseNames,
  parsePath,
  parsePort,
  parseSeconds,
  parseTables,
  parseTimeZone,
  parseToken,
} from './values.ts';

/** One setting of ours: how it is read, and what the documents say of it. */
export interface Setting<T> {
  /** The flag that wins over it, as the documents write it: `sync --memory`. */
  readonly flag?: string;
  /** Its default, in words. */
  readonly default: string;
  /** What it means, in a line: for README, docs/settings.md and the man page. */
  readonly meaning: string;
  readonly parse: Parser<T>;
  /** Whether `schedule` leaves it out of the entry it prints: because a flag of the entry says it, or nobody should. */
  readonly notScheduled?: true;
}

function setting<T>(described: Setting<T>): Setting<T> {
  return described;
}

/** What DuckDB cannot do without, whatever it is asked. */
const LEAST_MEMORY = 64e6;
const LEAST_SPOOL = 1e6;

/**
 * Every setting of ours. Adding one is adding it here, and to Config what becomes of it: it is then read from the
 * environment and the settings file, checked by every command whatever that does, handed on by `schedule`, known when
 * a name is misspelt, and documented.
 */
export const SETTINGS = {
  FINANCE_DB_HOME: setting({
    flag: '--home',
    default: "the platform's data folder",
    meaning: 'embedded server, DuckDB file, query history',
    parse: parsePath,
    notScheduled: true,
  }),
  FINANCE_DB_DUCKDB: setting({
    flag: '--duckdb',
    default: '`$FINANCE_DB_HOME/finance.duckdb`',
    meaning: 'the DuckDB file',
    parse: parsePath,
    notScheduled: true,
  }),
  FINANCE_DB_TABLES: setting({
    flag: 'sync --tables',
    default: '`transactions`',
    meaning: 'tables to sync: `[schema.]table`, separated by commas',
    parse: parseTables,
  }),
  FINANCE_DB_BASE_CURRENCY: setting({
    default: 'as the rows say, else `USD`',
    meaning: 'the currency of `normalized_amount`, written into the file by `sync` (docs/reports.md)',
    parse: parseCurrency,
  }),
  FINANCE_DB_MEMORY: setting({
    flag: 'sync --memory',
    default: "`320MB`; to `query` and `stats` half of the machine's",
    meaning: 'what DuckDB may use; `sync` and `validate` need about as much again for the process itself',
    parse: parseMemory(LEAST_MEMORY),
  }),
  FINANCE_DB_SPOOL: setting({
    default: '`540MB`',
    meaning: 'disk for rows on their way from PostgreSQL to DuckDB',
    parse: parseBytes(LEAST_SPOOL),
  }),
  FINANCE_DB_FILE_MODE: setting({
    default: '`0600`',
    meaning: 'who may read the DuckDB file: `0640` its group, `0644` everybody (its folder must let them in)',
    parse: parseFileMode,
  }),
  FINANCE_DB_INDEXES: setting({
    flag: 'sync --indexes',
    default: 'none',
    meaning: 'columns to index in the DuckDB file (queries do not get faster)',
    parse: parseNames,
  }),
  FINANCE_DB_LOCK_WAIT: setting({
    default: '`60`',
    meaning:
      'seconds to wait in PostgreSQL while somebody changes the definition of a table; for another import, 600 unless it is set',
    parse: parseSeconds,
  }),
  FINANCE_DB_TIMEZONE: setting({
    default: '`UTC`',
    meaning: 'the zone in which queries and reports read and show `timestamptz`; stored values do not change',
    parse: parseTimeZone,
  }),
  FINANCE_DB_PORT: setting({
    flag: 'serve --port',
    default: '`8501`',
    meaning: 'the port of the dashboard; 0 takes any that is free',
    parse: parsePort,
    notScheduled: true,
  }),
  FINANCE_DB_TOKEN: setting({
    flag: 'serve --token',
    default: 'none on this machine, a random one elsewhere',
    meaning: 'what the dashboard asks for before it shows anything',
    parse: parseToken,
    notScheduled: true,
  }),
  FINANCE_DB_LAKE: setting({
    flag: 'lake --to',
    default: 'none',
    meaning: 'where `lake` publishes Iceberg tables: a folder, or `s3://BUCKET/PREFIX` (docs/lake.md)',
    parse: parseLakePlace,
    notScheduled: true,
  }),
  FINANCE_DB_LAKE_CATALOG: setting({
    flag: 'lake --catalog',
    default: 'none',
    meaning: 'the Iceberg catalogue in PostgreSQL that `lake` keeps up to date (docs/lake.md)',
    parse: parseCatalogue,
    notScheduled: true,
  }),
  FINANCE_DB_TODAY: setting({
    default: 'the clock',
    meaning: 'what reports take for today',
    parse: parseDay,
    notScheduled: true,
  }),
} as const;

export type SettingName = keyof typeof SETTINGS;

/** What was set, read; undefined where nothing was. */
export type SettingValues = {
  readonly [Name in SettingName]: ReturnType<(typeof SETTINGS)[Name]['parse']> | undefined;
};

export const SETTING_NAMES = Object.keys(SETTINGS) as SettingName[];

/** Settings that are not ours alone, documented here and read where they count (postgresTarget.ts, program.ts). */
export const OTHER_SETTINGS = {
  DATABASE_URL: 'where to read from: postgres://USER:PASSWORD@HOST:PORT/DATABASE (default the embedded server)',
  [CONNECTION_VARIABLES.join(', ')]: 'the same in parts, as in libpq (docs/connections.md)',
  NO_COLOR: 'no colours (nor with TERM=dumb)',
  COLUMNS: 'the width of tables, where the output is no terminal',
} as const;
