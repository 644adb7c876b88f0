import type readline from 'node:readline';

/** A statement of the history that holds what is looked for. */
export interface Found {
  readonly index: number;
  readonly entry: string;
}

/** The first entry from `from` on that holds the text, in any case. */
export function searchHistory(newestFirst: readonly string[], text: string, from = 0): Found | null {
  const wanted = text.toLowerCase();
  for (let index = from; index < newestFirst.length; index++) {
    const entry = newestFirst[index] ?? '';
    if (entry.toLowerCase().includes(wanted)) return { index, entry };
  }
  return null;
}

type Key = readline.Key;

/** What Node's readline hands each key to; it has no public place to look at keys before they are obeyed. */
interface KeyTaker {
  _ttyWrite?: (text: string | undefined, key: Key) => void;
}

/**
 * Ctrl-R, as in a shell: typing narrows the search, Ctrl-R goes on to the next older match, Enter runs what was found, Esc and
 * Ctrl-G give it up, and any other key edits it. A Node without the hook has no search, and nothing else is amiss.
 * @param prompt what to show again afterwards
 */
export function addHistorySearch(
  lines: readline.Interface,
  history: () => readonly string[],
  prompt: () => string,
): void {
  const taker = lines as unknown as KeyTaker;
  const obey = taker._ttyWrite;
  if (obey === undefined) return;
  let search: { text: string; found: Found | null; before: string } | null = null;

  const show = (line: string): void => {
    Object.assign(lines, { line, cursor: line.length });
    if (search !== null)
      lines.setPrompt(`(${search.found === null && search.text !== '' ? 'not found' : 'search'}) ${search.text}: `);
    lines.prompt(true);
  };
  const end = (line: string): void => {
    search = null;
    lines.setPrompt(prompt());
    show(line);
  };
  const look = (text: string, from: number): void => {
    if (search === null) return;
    const found = text === '' ? null : searchHistory(history(), text, from);
    // A search that went too far stays with its last match.
    search = { ...search, text, found: found ?? (from > 0 ? search.found : null) };
    show(search.found?.entry ?? '');
  };
  taker._ttyWrite = (text, key) => {
    if (search === null) {
      if (key.ctrl === true && key.name === 'r') {
        search = { text: '', found: null, before: lines.line };
        show('');
      } else obey.call(lines, text, key);
      return;
    }
    if (key.ctrl === true && key.name === 'r') look(search.text, (search.found?.index ?? -1) + 1);
    else if (key.name === 'backspace') look(search.text.slice(0, -1), 0);
    else if (key.name === 'escape' || (key.ctrl === true && (key.name === 'g' || key.name === 'c'))) end(search.before);
    else if (key.ctrl !== true && key.meta !== true && text !== undefined && /^[^\u0000-\u001f\u007f]+$/.test(text))
      look(search.text + text, 0);
    else {
      end(search.found?.entry ?? search.before);
      obey.call(lines, text, key);
    }
  };
}
