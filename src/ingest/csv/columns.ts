import { FinanceDbError } from '../../errors/financeDbError.ts';
import { COLUMN_ROLES, type ColumnRef, type ColumnRole, type CsvProfile, headerName } from './profile.ts';
import type { BankRecord } from './records.ts';

/** Where the columns of a profile stand in the records of one file; -1 for those that are not there. */
export interface ColumnPositions {
  readonly at: Readonly<Record<ColumnRole, number>>;
  readonly text: readonly number[];
  /** Names for messages: `"Betrag"`, or `column 3` where the file has no header. */
  nameOf(role: ColumnRole): string;
  /** How many fields the header has, or null without one. */
  readonly width: number | null;
}

/**
 * Finds the columns of a profile in a header (null: there is none, all columns are numbers).
 * @throws FinanceDbError CONFIG when the profile names a column that its header has not
 */
export function columnPositions(file: string, profile: CsvProfile, header: BankRecord | null): ColumnPositions {
  const names = header?.fields.map(headerName) ?? [];
  const optional = new Set(profile.match?.optional.map(headerName));
  const find = (ref: ColumnRef | undefined): number => {
    if (ref === undefined) return -1;
    if (typeof ref === 'number') return ref - 1;
    const name = headerName(ref);
    const at = names.indexOf(name);
    if (at >= 0 || optional.has(name)) return at;
    throw new FinanceDbError('CONFIG', `profile ${profile.name}: ${file} has no column ${JSON.stringify(ref)}`, {
      details: { file, profile: profile.name, column: ref },
      remedy: `correct "columns" of the profile, or list the column under "match"; the file has ${names.map((name) => JSON.stringify(name)).join(', ')}`,
    });
  };
  const at = {} as Record<ColumnRole, number>;
  for (const role of COLUMN_ROLES) at[role] = find(profile.columns[role]);
  return {
    at,
    text: profile.columns.text.map(find).filter((position) => position >= 0),
    nameOf: (role) => {
      const ref = profile.columns[role];
      return typeof ref === 'string' ? `column ${JSON.stringify(ref)}` : `column ${ref ?? '?'} (${role})`;
    },
    width: header === null ? null : header.fields.length,
  };
}

/** A cell as text: `="00123"` and `'00123` are what spreadsheet programs make of 00123, and some banks write `'00123'`. */
export function plainCell(cell: string): string {
  if (cell === '') return cell;
  const first = cell.charCodeAt(0);
  if (first === 0x3d && cell.length > 2) {
    const inner = /^="?(.*?)"?$/.exec(cell)?.[1];
    if (inner !== undefined) return inner.trim();
  }
  if (first === 0x27 && /^'[^']*'$/.test(cell)) return cell.slice(1, -1).trim();
  if (first === 0x27 && /^'[\d=+@-]/.test(cell)) return cell.slice(1).trim();
  return first <= 0x20 || cell.charCodeAt(cell.length - 1) <= 0x20 ? cell.trim() : cell;
}

/** Cells joined by a blank, white space single. */
export function joinedText(fields: readonly string[], positions: readonly number[]): string {
  let text = '';
  for (const position of positions) {
    const cell = fields[position];
    if (cell !== undefined && cell !== '') text = text === '' ? cell : `${text} ${cell}`;
  }
  // Most texts are in order already, and this is asked for every row.
  const ordered = text.charCodeAt(0) > 0x20 && text.charCodeAt(text.length - 1) > 0x20 && !text.includes('  ');
  return ordered && !/[^\S ]/.test(text) ? text : text.replace(/\s+/g, ' ').trim();
}
