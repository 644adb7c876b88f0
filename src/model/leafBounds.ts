import { quoteIdentifier } from './identifier.ts';
import type { SourceTable } from './sourceTable.ts';

/** Types whose values both databases order alike, by the name that PostgreSQL casts literals to. */
const TYPES = new Map([
  ['smallint', /^-?\d+$/],
  ['integer', /^-?\d+$/],
  ['bigint', /^-?\d+$/],
  ['date', /^(\d{4}-\d\d-\d\d|-?infinity)$/],
  ['timestamp without time zone', /^(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(\.\d+)?|-?infinity)$/],
  ['timestamp with time zone', /^(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(\.\d+)?\+00|-?infinity)$/],
]);

const TOKEN =
  /\s*(?:(?<paren>[()])|(?<word>AND|OR|IS NOT NULL)(?![\w"])|(?<operator>>=|<=|=|<(?!>)|>)|'(?<text>[^']*)'::(?<type>[a-z]+(?: with(?:out)? time zone)?)|(?<number>-?\d+)(?!\w)|(?<name>[a-z_][a-z0-9_$]*|"(?:[^"]|"")+"))/y;

/**
 * The condition of a partition, as PostgreSQL writes it, as one that DuckDB reads alike: comparisons of whole numbers, dates and
 * timestamps only. Null for any other.
 */
export function leafBounds(constraint: string, { columns }: Pick<SourceTable, 'columns'>): string | null {
  const parts: string[] = [];
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < constraint.length) {
    const groups = TOKEN.exec(constraint)?.groups;
    if (groups === undefined) return null;
    const { paren, word, operator, text, type, number, name } = groups;
    const plain = paren ?? word ?? operator ?? number;
    if (plain !== undefined) parts.push(plain);
    else if (text !== undefined && type !== undefined) {
      if (TYPES.get(type)?.test(text) !== true) return null;
      parts.push(`'${text}'::${type}`);
    } else if (name !== undefined) {
      const bare = name.startsWith('"') ? name.slice(1, -1).replaceAll('""', '"') : name;
      const column = columns.find((candidate) => candidate.name === bare);
      if (column === undefined || !TYPES.has(column.type.formatted.replace(/\(\d\)/, ''))) return null;
      parts.push(quoteIdentifier(bare));
    }
  }
  return parts.join(' ');
}
