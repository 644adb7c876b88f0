/** Parameters that are a flag without a value. */
const SWITCHES: readonly string[] = ['income', 'spending', 'with-transfers', 'backtest'];
const OFF = ['0', 'false', 'no', 'off'];

/**
 * What to type in a terminal to see the same: the parameters of an address are the flags of `stats`.
 * @param place the flags that say which file it is, where the tool would not find it by itself
 */
export function commandOf(command: string, query: URLSearchParams, place: readonly string[]): string {
  const words = [...query].flatMap(([name, value]) => {
    if (SWITCHES.includes(name)) return OFF.includes(value.toLowerCase()) ? [] : [`--${name}`];
    return value === '' ? [] : [flag(name, value)];
  });
  return ['finance-db', command, ...words, ...place.map(quoted)].join(' ');
}

/** The same for a statement. */
export function queryCommandOf(sql: string, place: readonly string[]): string {
  const text = sql.trim();
  return ['finance-db query', ...place.map(quoted), ...(text.startsWith('-') ? ['--'] : []), quoted(text)].join(' ');
}

/** A value that begins with a hyphen would be read as another flag. */
function flag(name: string, value: string): string {
  return value.startsWith('-') ? `--${name}=${quoted(value)}` : `--${name} ${quoted(value)}`;
}

/** As a shell reads it back. */
export function quoted(text: string): string {
  return /^[\w./:@%+=-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}
