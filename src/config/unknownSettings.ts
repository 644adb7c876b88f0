import { nearestName } from '../model/nearestName.ts';
import { SETTING_NAMES } from './settings.ts';

/** Ours, or meant to be: FINANCEDB_HOME, finance_db_home. */
const MEANT_FOR_US = /^finance_?db_/i;

/** Ours as well, and nobody's setting: what the tests say to themselves and to the embedded server. */
const NOT_FOR_USERS = /^FINANCE_DB_(?:TEST_|EMBEDDED_TCP$)/;

/** What else people look for under our prefix. */
const ALSO_KNOWN: Readonly<Record<string, string>> = { database_url: 'DATABASE_URL', url: 'DATABASE_URL' };

/**
 * Names among these that look like settings of ours and are none: a misspelt setting is one that does not count.
 * @returns one line for each, with the nearest name there is
 */
export function unknownSettings(names: readonly string[], where: string): string[] {
  return names
    .filter(
      (name) => MEANT_FOR_US.test(name) && !NOT_FOR_USERS.test(name) && !SETTING_NAMES.some((known) => known === name),
    )
    .sort()
    .map((name) => {
      const meant = nearestSetting(name);
      const question = meant === null ? '; docs/settings.md lists them' : `; did you mean ${meant}?`;
      return `${JSON.stringify(name).slice(1, -1)} ${where} is no setting of finance-db, and does not count${question}`;
    });
}

function nearestSetting(name: string): string | null {
  // The prefix would make all of them near.
  const word = name.replace(MEANT_FOR_US, '');
  const known: Record<string, string> = { ...ALSO_KNOWN };
  for (const setting of SETTING_NAMES) known[setting.replace(MEANT_FOR_US, '').toLowerCase()] = setting;
  const meant = nearestName(word, Object.keys(known));
  return meant === null ? null : (known[meant] ?? null);
}
