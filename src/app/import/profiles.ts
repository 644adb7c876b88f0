import fs from 'node:fs';
import path from 'node:path';
import { codeOf, FinanceDbError, messageOf } from '../../errors/financeDbError.ts';
import type { CsvProfile } from '../../ingest/csv/profile.ts';
import { parseProfile, profileJson } from '../../ingest/csv/profileJson.ts';
import { PROFILE_NAME } from './furtherCommands.ts';

/** Where the user's profiles lie, one JSON file each. */
export function profilesFolder(home: string): string {
  return path.join(home, 'profiles');
}

/**
 * @throws FinanceDbError USAGE when there is none of that name; CONFIG when it is not as it should be
 */
export async function namedProfile(home: string, name: string): Promise<CsvProfile> {
  const file = profilePath(home, name);
  try {
    return parseProfile(file, await fs.promises.readFile(file, 'utf8'));
  } catch (error) {
    if (codeOf(error) !== 'ENOENT') throw error;
    const names = (await profileFiles(home)).map((one) => path.basename(one, '.json'));
    throw new FinanceDbError('USAGE', `there is no profile ${JSON.stringify(name)} in ${profilesFolder(home)}`, {
      remedy:
        names.length === 0
          ? 'make one with `finance-db import --learn FILE --profile NAME`'
          : `the profiles are ${names.join(', ')}`,
    });
  }
}

/**
 * The user's profiles.
 * @throws FinanceDbError CONFIG when one is not as it should be
 */
export async function readProfiles(home: string): Promise<CsvProfile[]> {
  const profiles: CsvProfile[] = [];
  for (const file of await profileFiles(home))
    profiles.push(parseProfile(file, await fs.promises.readFile(file, 'utf8')));
  return profiles;
}

/**
 * Keeps a profile. One of that name must not exist yet, unless it says the same.
 * @param use the command that reads a file by the profile that exists
 * @returns its path, and whether it was made now
 */
export async function saveProfile(
  home: string,
  profile: CsvProfile,
  use: string,
): Promise<{ path: string; made: boolean }> {
  const file = profilePath(home, profile.name);
  const text = profileJson(profile);
  await fs.promises.mkdir(path.dirname(file), { recursive: true, mode: 0o700 });
  try {
    await fs.promises.writeFile(file, text, { flag: 'wx', mode: 0o600 });
  } catch (error) {
    if (codeOf(error) === 'EEXIST') {
      if ((await fs.promises.readFile(file, 'utf8')) === text) return { path: file, made: false };
      throw new FinanceDbError('USAGE', `the profile ${file} exists, and reads otherwise`, {
        remedy: `\`${use}\` reads by it; else edit it, remove it, or give another name with --profile`,
      });
    }
    throw new FinanceDbError('FILE_NOT_WRITABLE', `cannot write the profile ${file}: ${messageOf(error)}`, {
      cause: error,
    });
  }
  return { path: file, made: true };
}

/** Takes back what was just kept. */
export async function removeProfile(home: string, name: string): Promise<void> {
  await fs.promises.rm(profilePath(home, name), { force: true });
}

/** @throws FinanceDbError USAGE for a name that is no file name */
function profilePath(home: string, name: string): string {
  if (!PROFILE_NAME.test(name))
    throw new FinanceDbError('USAGE', `not a name for a profile: ${JSON.stringify(name)}`, {
      remedy: 'use letters, digits, blanks, points, - and _',
    });
  return path.join(profilesFolder(home), `${name}.json`);
}

async function profileFiles(home: string): Promise<string[]> {
  const folder = profilesFolder(home);
  try {
    const names = await fs.promises.readdir(folder);
    return names
      .filter((name) => name.endsWith('.json') && !name.startsWith('.'))
      .sort()
      .map((name) => path.join(folder, name));
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return [];
    throw new FinanceDbError('CONFIG', `cannot read the profiles in ${folder}: ${messageOf(error)}`, { cause: error });
  }
}
