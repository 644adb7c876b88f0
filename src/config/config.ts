import fs from 'node:fs';
import path from 'node:path';
import { parse as parseDotenv } from 'dotenv';
import { codeOf, FinanceDbError, messageOf } from '../errors/financeDbError.ts';
import { parseTableList, type TableName } from '../model/tableName.ts';
import { defaultHome } from './platform.ts';
import { type PostgresTarget, resolvePostgresTarget } from './postgresTarget.ts';

/** Every setting of one run, resolved once: flag > environment > .env > default. */
export interface Config {
  readonly home: string;
  readonly duckdbPath: string;
  readonly tables: readonly TableName[];
  readonly baseCurrency: string;
  /** Columns to index in the DuckDB file; empty by default (see docs/performance.md). */
  readonly indexes: readonly string[];
  readonly postgres: PostgresTarget;
  /** An ISO date that stands for today (FINANCE_DB_TODAY), or null for the clock. */
  readonly today: string | null;
  /** What DuckDB may use, such as '500MB' (FINANCE_DB_MEMORY); the command's own default when left out. */
  readonly memory?: string;
  /** Disk for rows on their way from PostgreSQL to DuckDB, in bytes (FINANCE_DB_SPOOL). */
  readonly spoolBytes?: number;
  /** Where the settings file was read, if any. */
  readonly envFile: string | null;
}

/** The flags that every command shares, as commander gives them. */
export interface ConfigFlags {
  readonly envFile?: string;
  readonly databaseUrl?: string;
  readonly duckdb?: string;
  readonly home?: string;
}

/**
 * Resolves the configuration.
 * @throws FinanceDbError CONFIG naming the setting and what it may be; FILE_UNREADABLE for a named env file.
 */
export function loadConfig(flags: ConfigFlags, env: NodeJS.ProcessEnv, cwd: string): Config {
  const { values: file, path: envFile } = readEnvFile(flags.envFile, cwd);
  // An empty variable counts as unset, as in most tools and in compose files.
  const setting = (name: string): string | undefined => env[name] || file[name] || undefined;
  const home = path.resolve(cwd, flags.home ?? setting('FINANCE_DB_HOME') ?? defaultHome(env));
  const duckdbPath = path.resolve(
    cwd,
    flags.duckdb ?? setting('FINANCE_DB_DUCKDB') ?? path.join(home, 'finance.duckdb'),
  );
  return {
    home,
    duckdbPath,
    tables: parseTableList(setting('FINANCE_DB_TABLES') ?? 'transactions'),
    baseCurrency: parseCurrency(setting('FINANCE_DB_BASE_CURRENCY') ?? 'USD'),
    indexes: parseIndexes(setting('FINANCE_DB_INDEXES')),
    postgres: resolvePostgresTarget(flags.databaseUrl, setting, home, env),
    today: parseToday(setting('FINANCE_DB_TODAY')),
    ...sizes(setting('FINANCE_DB_MEMORY'), setting('FINANCE_DB_SPOOL')),
    envFile,
  };
}

/** The columns that `--indexes` stands for. */
export const DEFAULT_INDEX_COLUMNS = ['timestamp', 'merchant', 'category'] as const;

function parseCurrency(text: string): string {
  if (!/^[A-Z]{3}$/.test(text))
    throw new FinanceDbError(
      'CONFIG',
      `FINANCE_DB_BASE_CURRENCY: expected three capital letters, found ${JSON.stringify(text)}`,
    );
  return text;
}

function parseIndexes(text: string | undefined): string[] {
  return (text ?? '')
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '');
}

const LEAST_MEMORY = 64e6;
const LEAST_SPOOL = 1e6;

function sizes(memory: string | undefined, spool: string | undefined): Pick<Config, 'memory' | 'spoolBytes'> {
  return {
    ...(memory === undefined
      ? {}
      : { memory: `${Math.round(parseSize('FINANCE_DB_MEMORY', memory, LEAST_MEMORY) / 1e3)}KB` }),
    ...(spool === undefined ? {} : { spoolBytes: parseSize('FINANCE_DB_SPOOL', spool, LEAST_SPOOL) }),
  };
}

const UNITS: Readonly<Record<string, number>> = {
  KB: 1e3,
  MB: 1e6,
  GB: 1e9,
  TB: 1e12,
  KIB: 2 ** 10,
  MIB: 2 ** 20,
  GIB: 2 ** 30,
};

/** `500MB`, `1.5 GiB` in bytes. */
function parseSize(name: string, text: string, least: number): number {
  const [, digits, unit = ''] = /^(\d+(?:\.\d+)?)\s*([KMGT]i?B)$/i.exec(text.trim()) ?? [];
  const bytes = Math.round(Number(digits) * (UNITS[unit.toUpperCase()] ?? Number.NaN));
  if (bytes >= least) return bytes;
  throw new FinanceDbError(
    'CONFIG',
    `${name}: expected a size like 500MB, at least ${least / 1e6}MB, found ${JSON.stringify(text)}`,
  );
}

function parseToday(text: string | undefined): string | null {
  if (text === undefined) return null;
  if (!/^\d{4}-\d{2}-\d{2}$/.test(text) || Number.isNaN(Date.parse(text)))
    throw new FinanceDbError(
      'CONFIG',
      `FINANCE_DB_TODAY: expected a date like 2026-01-31, found ${JSON.stringify(text)}`,
    );
  return text;
}

function readEnvFile(named: string | undefined, cwd: string): { values: Record<string, string>; path: string | null } {
  const file = path.resolve(cwd, named ?? '.env');
  try {
    return { values: parseDotenv(fs.readFileSync(file, 'utf8')), path: file };
  } catch (error) {
    // Only a file that was asked for has to be there.
    if (named === undefined && ['ENOENT', 'EISDIR', 'EACCES'].includes(codeOf(error) ?? ''))
      return { values: {}, path: null };
    throw new FinanceDbError('FILE_UNREADABLE', `cannot read the settings file ${file}: ${messageOf(error)}`, {
      cause: error,
    });
  }
}
