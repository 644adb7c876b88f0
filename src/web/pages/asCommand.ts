import { CARRIED, type Changes } from './links.ts';

const OWN: readonly string[] = [...CARRIED.filter((name) => name !== 'private'), 'by', 'depth', 'sort', 'limit'];
const SWITCHES: readonly string[] = ['income', 'spending', 'with-transfers'];

/** What to type in a terminal to see the same: the parameters of an address are the flags of `stats`. */
export function commandOf(command: string, query: URLSearchParams, changes: Changes = {}): string {
  const changed = new URLSearchParams(query);
  for (const [name, value] of Object.entries(changes)) {
    changed.delete(name);
    if (value !== null) for (const each of typeof value === 'string' ? [value] : value) changed.append(name, each);
  }
  const words = [...changed]
    .filter(([name, value]) => OWN.includes(name) && (value !== '' || SWITCHES.includes(name)))
    .map(([name, value]) => (SWITCHES.includes(name) ? `--${name}` : `--${name} ${quoted(value)}`));
  return ['finance-db', command, ...words].join(' ');
}

/** As a shell reads it back. */
export function quoted(text: string): string {
  return /^[\w./:@%+=-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}
