/*
 * With `synchronous_standby_names` the server's commits wait for what named clients have confirmed, whoever streams under such a
 * name. A follower confirms what is published, and publishes what can be seen: each would wait for the other.
 */

const COUNTED = /^\s*(?:(?:first|any)\s+)?\d+\s*\(/i;
const NAME = /"((?:[^"]|"")*)"|([^\s,()"]+)/g;

/**
 * Whether a client of that name is one that commits may wait for.
 * @param setting synchronous_standby_names: `a, "b c"`, `2 (a, b)`, `FIRST 1 (*)`, `ANY 2 (a, b, c)`
 */
export function isSynchronous(setting: string, applicationName: string): boolean {
  const called = applicationName.toLowerCase();
  for (const [, quoted, plain] of setting.replace(COUNTED, '').matchAll(NAME)) {
    const name = quoted?.replaceAll('""', '"') ?? plain ?? '';
    if (name === '*' || name.toLowerCase() === called) return true;
  }
  return false;
}
