import path from 'node:path';
import type { Config } from '../../config/config.ts';
import { parseConnectionString } from '../../config/connection/connectionString.ts';
import { CONNECTION_VARIABLES } from '../../config/connection/parameters.ts';
import type { PostgresTarget } from '../../config/postgresTarget.ts';
import { SETTING_NAMES, SETTINGS, type Setting } from '../../config/settings.ts';
import { readSettingsFile } from '../../config/settingsFile.ts';
import { packageFolder } from '../../files/packageFolder.ts';
import type { CronJob } from '../../model/crontab.ts';
import type { Interval } from '../../model/interval.ts';

/** What a scheduled sync is made from. */
export interface ScheduleRequest {
  readonly config: Config;
  readonly env: NodeJS.ProcessEnv;
  /** Of --database-url. */
  readonly databaseUrl: string | undefined;
  readonly interval: Interval;
  /** Absolute path of a folder of bank files that is imported before each sync; null for none. */
  readonly inbox: string | null;
}

/** A sync as cron or systemd is to run it. */
export interface ScheduledSync {
  readonly job: CronJob;
  /** A settings file that must hold this secret before the sync can run, since a crontab is no place for one. */
  readonly missingSecret: { readonly name: string; readonly file: string } | null;
}

/** libpq's settings that are passed on when they come from the environment, which cron does not know; no PGPASSWORD. */
const PASSED_ON = CONNECTION_VARIABLES.filter((name) => name !== 'PGPASSWORD');

/** The sync of this installation with the settings of this run, by absolute paths, and no password in it. */
export function scheduledSync(request: ScheduleRequest): ScheduledSync {
  const { config, env, databaseUrl, interval, inbox } = request;
  const file: Readonly<Record<string, string>> = config.envFile === null ? {} : readSettingsFile(config.envFile);
  const passedOn = (name: string): string | undefined => {
    const value = env[name] || undefined;
    return value === file[name] ? undefined : value;
  };
  const url = databaseUrl ?? passedOn('DATABASE_URL');
  const missing = missingSecret(url, file, config.postgres, passedOn('PGPASSWORD'));
  const envFile = config.envFile ?? (missing === null ? null : path.join(config.home, 'finance-db.env'));
  const environment: Record<string, string> = {};
  const own = SETTING_NAMES.filter((name) => (SETTINGS[name] as Setting<unknown>).notScheduled !== true);
  for (const name of [...own.sort(), ...PASSED_ON]) {
    const value = passedOn(name);
    if (value !== undefined) environment[name] = value;
  }
  if (url !== undefined && missing !== 'DATABASE_URL' && url !== file['DATABASE_URL'])
    environment['DATABASE_URL'] = url;
  // A path in the settings file may be relative to the folder of this run, or overruled by this run.
  const ownPlace =
    config.duckdbPath === path.join(config.home, 'finance.duckdb') && file['FINANCE_DB_DUCKDB'] === undefined;
  // Without the dashes Node takes --env-file for its own, and obeys a NODE_OPTIONS in the file.
  const program = [process.execPath, '--', path.join(packageFolder(), 'bin', 'finance-db.js')];
  const place = ['--home', config.home];
  const settings = envFile === null ? [] : ['--env-file', envFile];
  return {
    job: {
      target: config.duckdbPath,
      schedule: interval.cron,
      environment,
      command: [...program, 'sync', ...place, ...(ownPlace ? [] : ['--duckdb', config.duckdbPath]), ...settings],
      before: inbox === null ? null : [...program, 'import', '--inbox', inbox, ...place, ...settings],
      log: path.join(config.home, 'sync.log'),
    },
    missingSecret: missing === null || envFile === null ? null : { name: missing, file: envFile },
  };
}

/** Which setting with a password is known to this run alone, and not to the settings file. */
function missingSecret(
  url: string | undefined,
  file: Readonly<Record<string, string>>,
  postgres: PostgresTarget,
  password: string | undefined,
): 'DATABASE_URL' | 'PGPASSWORD' | null {
  if (url !== undefined && url !== file['DATABASE_URL'] && holdsPassword(url)) return 'DATABASE_URL';
  // It matters only where it is what this run would log in with.
  const used = postgres.kind === 'external' && password !== undefined && postgres.connection.password === password;
  return used ? 'PGPASSWORD' : null;
}

function holdsPassword(url: string): boolean {
  const values = parseConnectionString(url);
  return values.has('password') || values.has('sslpassword');
}
