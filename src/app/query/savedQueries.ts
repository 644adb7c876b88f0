import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { codeOf, FinanceDbError } from '../../errors/financeDbError.ts';
import { readTextFile } from '../../files/textFile.ts';

/** A `.sql` file that can be run by its name. */
export interface SavedQuery {
  readonly name: string;
  /** The first comment line of the file. */
  readonly about: string;
  readonly path: string;
  /** Whether it came with the tool. */
  readonly builtIn: boolean;
}

/** The user's own saved queries: `NAME.sql` files. */
export function queriesFolder(home: string): string {
  return path.join(home, 'queries');
}

/** The user's saved queries and those that came with the tool, by name; the user's own come first of two of a name. */
export function listSavedQueries(home: string): SavedQuery[] {
  const found = new Map<string, SavedQuery>();
  const builtIn = builtInFolder();
  if (builtIn !== null) for (const query of readFolder(builtIn, true)) found.set(query.name, query);
  for (const query of readFolder(queriesFolder(home), false)) found.set(query.name, query);
  return [...found.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
}

/**
 * The SQL of a saved query.
 * @throws FinanceDbError USAGE naming those there are.
 */
export async function savedQuery(home: string, name: string): Promise<string> {
  const queries = listSavedQueries(home);
  const query = queries.find((candidate) => candidate.name === name.replace(/\.sql$/, ''));
  if (query === undefined)
    throw new FinanceDbError('USAGE', `there is no saved query ${JSON.stringify(name)}`, {
      remedy: `saved are: ${queries.map((saved) => saved.name).join(', ') || 'none'}; put NAME.sql into ${queriesFolder(home)}`,
    });
  return readTextFile(query.path);
}

function readFolder(folder: string, builtIn: boolean): SavedQuery[] {
  let names: string[];
  try {
    names = fs.readdirSync(folder);
  } catch (error) {
    if (codeOf(error) === 'ENOENT' || codeOf(error) === 'ENOTDIR') return [];
    throw error;
  }
  return names
    .filter((name) => name.endsWith('.sql'))
    .map((name) => {
      const file = path.join(folder, name);
      return { name: name.slice(0, -'.sql'.length), about: aboutOf(file), path: file, builtIn };
    });
}

function aboutOf(file: string): string {
  try {
    return /^--\s*(.*)$/m.exec(fs.readFileSync(file, 'utf8'))?.[1]?.trim() ?? '';
  } catch {
    // A file that may not be read is still listed; running it says why.
    return '';
  }
}

/** The package's own folder `queries`, found from here upwards: this file may be a source file or part of a bundle. */
function builtInFolder(): string | null {
  let folder = path.dirname(fileURLToPath(import.meta.url));
  for (;;) {
    if (fs.existsSync(path.join(folder, 'package.json'))) return path.join(folder, 'queries');
    const parent = path.dirname(folder);
    if (parent === folder) return null;
    folder = parent;
  }
}
