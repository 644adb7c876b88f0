import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { codeOf, FinanceDbError, messageOf } from '../../errors/financeDbError.ts';
import { nearestName } from '../../model/nearestName.ts';
import { type ConnectionString, ConnectionStringError, parseConnectionString } from './connectionString.ts';
import { mayBeEmpty, objectionTo, PARAMETER_NAMES, PARAMETERS } from './parameters.ts';
import { readService } from './serviceFile.ts';

/** A parameter's value, and who gave it: `DATABASE_URL`, `PGSSLMODE`, `the service x`. */
export interface Given {
  readonly value: string;
  readonly origin: string;
}

/** All parameters that are given anywhere, by libpq's names, each with a value that can be obeyed. */
export type GivenParameters = ReadonlyMap<string, Given>;

/** What looking for parameters needs to know of its surroundings. */
export interface Surroundings {
  /** An environment variable, or its stand-in of the settings file; undefined when unset or empty. */
  readonly setting: (name: string) => string | undefined;
  readonly env: NodeJS.ProcessEnv;
}

/**
 * Collects libpq's parameters as it does: the connection string wins over the service, that over the environment.
 * @param origin what the connection string is called in messages
 * @throws FinanceDbError CONFIG naming the parameter that is unknown, malformed or cannot be obeyed; FILE_UNREADABLE
 */
export function givenParameters(
  connectionString: string | undefined,
  origin: string,
  surroundings: Surroundings,
): GivenParameters {
  const given = new Map<string, Given>();
  const add = (values: ConnectionString, from: string): void => {
    for (const [name, value] of values) if (!given.has(name)) given.set(name, { value, origin: from });
  };
  if (connectionString !== undefined) add(checkNames(readString(connectionString, origin), origin), origin);
  const service = nonEmpty(given, 'service') ?? surroundings.setting('PGSERVICE');
  if (service !== undefined) {
    const found = findService(service, nonEmpty(given, 'servicefile'), surroundings);
    add(checkNames(found.values, `${found.file}, service ${service}`), `the service ${service}`);
  }
  for (const { name, variable } of PARAMETERS) {
    const value = variable === undefined ? undefined : surroundings.setting(variable);
    if (variable !== undefined && value !== undefined) add(new Map([[name, value]]), variable);
  }
  for (const parameter of PARAMETERS) {
    const found = given.get(parameter.name);
    if (found === undefined) continue;
    // As in libpq, an empty value is none, but keeps other sources out; it is no choice, where there is one.
    const none = found.value === '' && mayBeEmpty(parameter);
    if (none) given.delete(parameter.name);
    const objection = none ? null : objectionTo(parameter, found.value);
    if (objection !== null) throw parameterError(parameter.name, found.origin, objection);
  }
  return given;
}

/** libpq's folder of files that belong to the user; `file` as it is called there. */
export function userFile(env: NodeJS.ProcessEnv, unix: string, windows: string): string | null {
  if (process.platform === 'win32')
    return env['APPDATA'] === undefined ? null : path.join(env['APPDATA'], 'postgresql', windows);
  const home = env['HOME'] || os.homedir();
  return home === '' ? null : path.join(home, unix);
}

/** What is said of a parameter that cannot be obeyed: its name, who gave it, and what was expected. */
export function parameterError(name: string, origin: string, objection: string): FinanceDbError {
  const where = PARAMETERS.some(({ variable }) => variable === origin) ? `${origin} (${name})` : `${name} in ${origin}`;
  return new FinanceDbError('CONFIG', `${where}: ${objection}`, { details: { parameter: name, origin } });
}

function nonEmpty(given: GivenParameters, name: string): string | undefined {
  return given.get(name)?.value || undefined;
}

function readString(text: string, origin: string): ConnectionString {
  try {
    return parseConnectionString(text);
  } catch (error) {
    if (!(error instanceof ConnectionStringError)) throw error;
    throw new FinanceDbError('CONFIG', `${origin}: the PostgreSQL URL is malformed: ${error.message}`, {
      remedy: 'give postgres://USER:PASSWORD@HOST:PORT/DATABASE (special characters as %XX), or host=… dbname=…',
    });
  }
}

function checkNames(values: ConnectionString, origin: string): ConnectionString {
  for (const name of values.keys()) {
    if (PARAMETER_NAMES.includes(name)) continue;
    const meant = nearestName(name, PARAMETER_NAMES);
    throw new FinanceDbError('CONFIG', `${origin}: there is no connection parameter ${JSON.stringify(name)}`, {
      remedy:
        meant === null ? `the parameters are those of libpq: ${PARAMETER_NAMES.join(', ')}` : `was ${meant} meant?`,
      details: { parameter: name, ...(meant === null ? {} : { meant }) },
    });
  }
  return values;
}

/** Looks in the user's file, then in the system's. */
function findService(
  service: string,
  named: string | undefined,
  { setting, env }: Surroundings,
): { values: ConnectionString; file: string } {
  const own = named ?? setting('PGSERVICEFILE');
  const user = own ?? userFile(env, '.pg_service.conf', '.pg_service.conf');
  const system = path.join(setting('PGSYSCONFDIR') ?? '/etc/postgresql-common', 'pg_service.conf');
  const files = user === null ? [system] : [user, system];
  for (const file of files) {
    const text = readIfThere(file, file === own);
    const found = text === null ? null : readService(text, service);
    if (found?.kind === 'found') return { values: found.values, file };
    if (found?.kind === 'malformed')
      throw new FinanceDbError('CONFIG', `${file}, line ${found.line}: ${found.why}`, { details: { file } });
  }
  throw new FinanceDbError(
    'CONFIG',
    `the service ${JSON.stringify(service)} is defined in none of ${files.join(', ')}`,
    {
      remedy: 'correct its name (PGSERVICE, or service in the connection string), or add it there as [NAME]',
    },
  );
}

function readIfThere(file: string, required: boolean): string | null {
  try {
    return fs.readFileSync(file, 'utf8');
  } catch (error) {
    if (!required && ['ENOENT', 'ENOTDIR'].includes(codeOf(error) ?? '')) return null;
    throw new FinanceDbError('FILE_UNREADABLE', `cannot read the service file ${file}: ${messageOf(error)}`);
  }
}
