import os from 'node:os';
import path from 'node:path';
import { PRIVATE_FILE } from '../files/privateFile.ts';
import type { TableName } from '../model/tableName.ts';
import { defaultHome } from './platform.ts';
import { type PostgresTarget, resolvePostgresTarget } from './postgresTarget.ts';
import { SETTING_NAMES, SETTINGS, type SettingName, type SettingValues } from './settings.ts';
import { findSettingsFile, type SettingsFile } from './settingsFile.ts';
import { unknownSettings } from './unknownSettings.ts';
import { type Parser, type Place, parsePath } from './values.ts';

/** Every setting of one run, resolved once: flag > environment > .env > default. */
export interface Config {
  readonly home: string;
  readonly duckdbPath: string;
  readonly tables: readonly TableName[];
  readonly baseCurrency: string;
  /** Whether somebody set it, rather than left the default. */
  readonly baseCurrencyIsSet: boolean;
  /** Columns to index in the DuckDB file; empty by default (see docs/performance.md). */
  readonly indexes: readonly string[];
  readonly postgres: PostgresTarget;
  /** An ISO date that stands for today (FINANCE_DB_TODAY), or null for the clock. */
  readonly today: string | null;
  /** What DuckDB may use, such as '500MB' (FINANCE_DB_MEMORY); the command's own default when left out. */
  readonly memory?: string;
  /** Disk for rows on their way from PostgreSQL to DuckDB, in bytes (FINANCE_DB_SPOOL). */
  readonly spoolBytes?: number;
  /** Permissions of the DuckDB file (FINANCE_DB_FILE_MODE), such as 0o600. */
  readonly fileMode: number;
  /** The zone in which TIMESTAMPTZ is read and shown (FINANCE_DB_TIMEZONE). */
  readonly timeZone: string;
  /** For how long to wait for locks in PostgreSQL, in milliseconds (FINANCE_DB_LOCK_WAIT). */
  readonly lockWaitMs?: number;
  /** The port of `serve` (FINANCE_DB_PORT); 0 for any. */
  readonly port: number;
  /** What `serve` asks for (FINANCE_DB_TOKEN), or null. */
  readonly token: string | null;
  /** Where `lake` publishes to (FINANCE_DB_LAKE): a folder or `s3://bucket/prefix`. */
  readonly lake?: string;
  /** The catalogue that `lake` keeps up to date (FINANCE_DB_LAKE_CATALOG). */
  readonly lakeCatalogue?: string;
  /** Files that the DuckDB file's views read: set where a lake stands in for it. */
  readonly readable?: readonly string[];
  /** Where the settings file was read, if any. */
  readonly envFile: string | null;
  /** What is odd about the settings and no error: one line each. */
  readonly warnings: readonly string[];
}

/** The flags that win over settings, as commander gives them; every command has the first four. */
export interface ConfigFlags {
  readonly envFile?: string;
  readonly databaseUrl?: string;
  readonly duckdb?: string;
  readonly home?: string;
  readonly memory?: string;
  readonly port?: string;
  readonly token?: string;
  /** Of `lake --to` alone: `--to` of the reports is a day. */
  readonly lakePlace?: string;
  readonly catalog?: string;
}

/** The settings that a flag wins over. */
const FLAGS = {
  FINANCE_DB_HOME: 'home',
  FINANCE_DB_DUCKDB: 'duckdb',
  FINANCE_DB_MEMORY: 'memory',
  FINANCE_DB_PORT: 'port',
  FINANCE_DB_TOKEN: 'token',
  FINANCE_DB_LAKE: 'lakePlace',
  FINANCE_DB_LAKE_CATALOG: 'catalog',
} as const satisfies Partial<Record<SettingName, keyof ConfigFlags>>;

/** How those flags are typed that are not named as their settings are. */
const TYPED: Partial<Record<keyof ConfigFlags, string>> = { lakePlace: 'to' };

/**
 * Resolves the configuration: flag > environment > settings file > default. Every setting is read, and so checked,
 * whatever the command will need.
 * @throws FinanceDbError CONFIG naming the setting and what it may be; FILE_UNREADABLE for a settings file.
 */
export function loadConfig(flags: ConfigFlags, env: NodeJS.ProcessEnv, cwd: string): Config {
  const place: Place = { cwd, userHome: env['HOME'] || os.homedir() };
  const named = flags.envFile === undefined ? undefined : parsePath(flags.envFile, '--env-file', place);
  const file = findSettingsFile(named, cwd);
  const values = readSettings(flags, env, file, place);
  // An empty variable counts as unset, as in most tools and in compose files.
  const setting = (name: string): string | undefined => env[name] || file.values[name] || undefined;
  const home = values.FINANCE_DB_HOME ?? path.resolve(cwd, defaultHome(env));
  return {
    home,
    duckdbPath: values.FINANCE_DB_DUCKDB ?? path.join(home, 'finance.duckdb'),
    tables: values.FINANCE_DB_TABLES ?? [{ schema: 'public', name: 'transactions' }],
    baseCurrency: values.FINANCE_DB_BASE_CURRENCY ?? 'USD',
    baseCurrencyIsSet: values.FINANCE_DB_BASE_CURRENCY !== undefined,
    indexes: values.FINANCE_DB_INDEXES ?? [],
    postgres: resolvePostgresTarget(flags.databaseUrl, setting, home, env),
    today: values.FINANCE_DB_TODAY ?? null,
    ...(values.FINANCE_DB_MEMORY === undefined ? {} : { memory: values.FINANCE_DB_MEMORY }),
    ...(values.FINANCE_DB_SPOOL === undefined ? {} : { spoolBytes: values.FINANCE_DB_SPOOL }),
    fileMode: values.FINANCE_DB_FILE_MODE ?? PRIVATE_FILE,
    ...(values.FINANCE_DB_LOCK_WAIT === undefined ? {} : { lockWaitMs: values.FINANCE_DB_LOCK_WAIT }),
    timeZone: values.FINANCE_DB_TIMEZONE ?? 'UTC',
    port: values.FINANCE_DB_PORT ?? 8501,
    token: values.FINANCE_DB_TOKEN ?? null,
    ...(values.FINANCE_DB_LAKE === undefined ? {} : { lake: values.FINANCE_DB_LAKE }),
    ...(values.FINANCE_DB_LAKE_CATALOG === undefined ? {} : { lakeCatalogue: values.FINANCE_DB_LAKE_CATALOG }),
    envFile: file.path,
    warnings: [
      ...file.warnings,
      ...unknownSettings(Object.keys(env), 'in the environment'),
      ...unknownSettings(Object.keys(file.values), `in ${file.path}`),
    ],
  };
}

/** The columns that `--indexes` stands for. */
export const DEFAULT_INDEX_COLUMNS = ['timestamp', 'merchant', 'category'] as const;

function readSettings(flags: ConfigFlags, env: NodeJS.ProcessEnv, file: SettingsFile, place: Place): SettingValues {
  const read = (name: SettingName): unknown => {
    const { parse }: { parse: Parser<unknown> } = SETTINGS[name];
    const flag = name in FLAGS ? FLAGS[name as keyof typeof FLAGS] : undefined;
    const given = flag === undefined ? undefined : flags[flag];
    // An empty flag was typed, so it is wrong; an empty variable is unset.
    if (flag !== undefined && given !== undefined) return parse(given, `--${TYPED[flag] ?? flag}`, place);
    if (env[name]) return parse(env[name], name, place);
    return file.values[name] ? parse(file.values[name], `${name} in ${file.path}`, place) : undefined;
  };
  return Object.fromEntries(SETTING_NAMES.map((name) => [name, read(name)])) as SettingValues;
}
