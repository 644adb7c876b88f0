import { FinanceDbError } from '../../errors/financeDbError.ts';
import { ENCODINGS, encodingNamed } from '../encoding.ts';
import type { NumberStyle } from './amount.ts';
import { DATE_FORMATS, type DateFormat } from './dates.ts';
import {
  COLUMN_ROLES,
  type ColumnRef,
  type ColumnRole,
  type CsvProfile,
  FIXED_ROLES,
  type FixedRole,
  type ProfileMatch,
  type SignRule,
} from './profile.ts';

const FIELDS = [
  'name',
  'match',
  'encoding',
  'delimiter',
  'skipLines',
  'columns',
  'dateFormat',
  'decimalMark',
  'thousands',
  'sign',
  'currency',
  'account',
  'accountType',
  'order',
  'pending',
  'declined',
  'ignore',
  'opening',
  'closing',
  'fixed',
] as const;

/**
 * Reads a profile file.
 * @param file its name, for messages
 * @throws FinanceDbError CONFIG naming file, field, what was found and what is expected
 */
export function parseProfile(file: string, json: string): CsvProfile {
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch (error) {
    throw new FinanceDbError('CONFIG', `${file}: no JSON: ${error instanceof Error ? error.message : String(error)}`, {
      remedy: 'correct the profile, or make it anew with `finance-db import --learn FILE`',
      details: { file },
    });
  }
  const source = new Fields(file, '', value);
  source.onlyKnown(FIELDS);
  const columns = parseColumns(source.object('columns'));
  const sign = parseSign(source, columns);
  const match = source.has('match') ? parseMatch(source.object('match')) : null;
  const profile: CsvProfile = {
    name: source.text('name'),
    match,
    encoding: source.has('encoding') ? source.encoding('encoding') : null,
    delimiter: source.delimiter('delimiter'),
    skipLines: source.count('skipLines', 0),
    columns,
    dateFormat: source.oneOf<DateFormat>('dateFormat', DATE_FORMATS),
    numbers: {
      decimalMark: source.oneOf<NumberStyle['decimalMark']>('decimalMark', ['.', ','], '.'),
      thousands: source.oneOf<NumberStyle['thousands']>('thousands', ['', '.', ',', "'", ' '], ''),
    },
    sign,
    currency: source.has('currency')
      ? source.matching('currency', /^[A-Z]{3}$/, 'an ISO 4217 code such as "EUR"')
      : null,
    account: source.has('account') ? source.text('account') : null,
    accountType: source.oneOf<CsvProfile['accountType']>('accountType', ['bank', 'card', 'other'], 'bank'),
    order: source.has('order')
      ? source.oneOf<'oldestFirst' | 'newestFirst'>('order', ['oldestFirst', 'newestFirst'])
      : null,
    pending: source.texts('pending'),
    declined: source.texts('declined'),
    ignore: source.patterns('ignore'),
    opening: source.texts('opening'),
    closing: source.texts('closing'),
    fixed: source.has('fixed') ? parseFixed(source.object('fixed')) : {},
  };
  checkTogether(source, profile);
  return profile;
}

/** The text of a profile file: what is as usual is left out. */
export function profileJson(profile: CsvProfile): string {
  const { match, numbers } = profile;
  const list = (values: readonly string[]): readonly string[] | undefined => (values.length === 0 ? undefined : values);
  const fields: Record<(typeof FIELDS)[number], unknown> = {
    name: profile.name,
    match:
      match === null
        ? undefined
        : { header: match.header, optional: list(match.optional), extraColumns: match.extraColumns || undefined },
    encoding: profile.encoding ?? undefined,
    delimiter: profile.delimiter,
    skipLines: profile.skipLines || undefined,
    columns: profile.columns,
    dateFormat: profile.dateFormat,
    decimalMark: numbers.decimalMark,
    thousands: numbers.thousands,
    sign: profile.sign,
    currency: profile.currency ?? undefined,
    account: profile.account ?? undefined,
    accountType: profile.accountType,
    order: profile.order ?? undefined,
    pending: list(profile.pending),
    declined: list(profile.declined),
    ignore: list(profile.ignore),
    opening: list(profile.opening),
    closing: list(profile.closing),
    fixed: Object.keys(profile.fixed).length === 0 ? undefined : profile.fixed,
  };
  return `${JSON.stringify(fields, null, 2)}\n`;
}

function parseMatch(source: Fields): ProfileMatch {
  source.onlyKnown(['header', 'optional', 'extraColumns']);
  const header = source.texts('header');
  if (header.length === 0) throw source.wrong('header', 'the names that the header of the file must have');
  return { header, optional: source.texts('optional'), extraColumns: source.flag('extraColumns') };
}

function parseColumns(source: Fields): CsvProfile['columns'] {
  source.onlyKnown([...COLUMN_ROLES, 'text']);
  const columns: Partial<Record<ColumnRole, ColumnRef>> = {};
  for (const role of COLUMN_ROLES) if (source.has(role)) columns[role] = source.column(role);
  if (columns.date === undefined)
    throw source.wrong('date', 'the column with the dates (its name, or its number from 1)');
  return { ...columns, text: source.columns('text') };
}

function parseSign(source: Fields, columns: CsvProfile['columns']): SignRule {
  const usual = columns.amount === undefined ? 'columns' : 'signed';
  const value = source.value('sign') ?? usual;
  if (typeof value === 'object') {
    const marks = source.object('sign');
    marks.onlyKnown(['debit', 'credit']);
    const rule = { debit: marks.texts('debit'), credit: marks.texts('credit') };
    if (rule.debit.length === 0) throw marks.wrong('debit', 'the values of the mark column that mean money going');
    return rule;
  }
  const words = ['signed', 'inverted', 'columns', 'signedColumns'] as const;
  return (
    words.find((word) => word === value) ??
    source.fail(
      'sign',
      `one of ${words.map((word) => JSON.stringify(word)).join(', ')}, or {"debit": […], "credit": […]}`,
    )
  );
}

function parseFixed(source: Fields): Partial<Record<FixedRole, string>> {
  source.onlyKnown(FIXED_ROLES);
  const fixed: Partial<Record<FixedRole, string>> = {};
  for (const role of FIXED_ROLES) if (source.has(role)) fixed[role] = source.text(role);
  return fixed;
}

/** What only makes sense together. */
function checkTogether(source: Fields, { columns, sign, numbers, match }: CsvProfile): void {
  const marks = typeof sign === 'object';
  if (sign === 'columns' || sign === 'signedColumns') {
    if (columns.debit === undefined && columns.credit === undefined)
      throw source.wrong('columns', `"debit" or "credit", since "sign" is ${JSON.stringify(sign)}`);
    if (columns.amount !== undefined)
      throw source.wrong('columns', `no "amount" beside "debit" and "credit": one of both ways`);
  } else if (columns.amount === undefined) throw source.wrong('columns', '"amount", or "debit" and "credit"');
  if (marks && columns.mark === undefined) throw source.wrong('columns', '"mark", since "sign" lists its values');
  if (!marks && columns.mark !== undefined)
    throw source.wrong('sign', 'the values of the mark column: {"debit": ["D"], "credit": ["C"]}');
  if (numbers.decimalMark === numbers.thousands) throw source.wrong('thousands', 'another mark than "decimalMark"');
  if (match !== null) return;
  const named = [...Object.values(columns).flat()].find((column) => typeof column === 'string');
  if (named !== undefined)
    throw source.wrong(
      'columns',
      `numbers, since there is no "match": a file without header has no column ${JSON.stringify(named)}`,
    );
}

/** Fields of a JSON object, each taken with a check of its kind. */
class Fields {
  private readonly values: Readonly<Record<string, unknown>>;
  private readonly file: string;
  private readonly path: string;

  constructor(file: string, path: string, value: unknown) {
    this.file = file;
    this.path = path;
    if (typeof value !== 'object' || value === null || Array.isArray(value))
      throw this.problem(path === '' ? 'the profile' : `"${path}"`, value, 'an object: {…}');
    this.values = value as Record<string, unknown>;
  }

  has(name: string): boolean {
    return this.values[name] !== undefined && this.values[name] !== null;
  }

  value(name: string): unknown {
    return this.values[name];
  }

  object(name: string): Fields {
    return new Fields(this.file, this.pathOf(name), this.values[name]);
  }

  onlyKnown(names: readonly string[]): void {
    const unknown = Object.keys(this.values).find((name) => !names.includes(name));
    if (unknown !== undefined)
      throw this.problem(
        `"${this.pathOf(unknown)}"`,
        this.values[unknown],
        `no such field; the fields are ${names.join(', ')}`,
      );
  }

  text(name: string): string {
    return this.matching(name, /\S/, 'a text');
  }

  matching(name: string, pattern: RegExp, expected: string): string {
    const value = this.values[name];
    return typeof value === 'string' && pattern.test(value) ? value : this.fail(name, expected);
  }

  texts(name: string): readonly string[] {
    const value = this.values[name] ?? [];
    return Array.isArray(value) && value.every((item) => typeof item === 'string')
      ? value
      : this.fail(name, 'a list of texts: ["…"]');
  }

  patterns(name: string): readonly string[] {
    const patterns = this.texts(name);
    for (const pattern of patterns) {
      try {
        new RegExp(pattern, 'iu');
      } catch {
        throw this.problem(`"${this.pathOf(name)}"`, pattern, 'a regular expression');
      }
    }
    return patterns;
  }

  oneOf<T extends string>(name: string, words: readonly T[], usual?: T): T {
    const value = this.values[name] ?? usual;
    return (
      words.find((word) => word === value) ??
      this.fail(name, `one of ${words.map((word) => JSON.stringify(word)).join(', ')}`)
    );
  }

  count(name: string, usual: number): number {
    const value = this.values[name] ?? usual;
    return typeof value === 'number' && Number.isInteger(value) && value >= 0
      ? value
      : this.fail(name, 'a number of lines');
  }

  flag(name: string): boolean {
    const value = this.values[name] ?? false;
    return typeof value === 'boolean' ? value : this.fail(name, 'true or false');
  }

  column(name: string): ColumnRef {
    const value = this.values[name];
    return isColumn(value) ? value : this.fail(name, 'the name of a column, or its number from 1');
  }

  columns(name: string): readonly ColumnRef[] {
    const value = this.values[name] ?? [];
    return Array.isArray(value) && value.every(isColumn)
      ? value
      : this.fail(name, 'a list of columns: names, or numbers from 1');
  }

  encoding(name: string): CsvProfile['encoding'] {
    const value = this.values[name];
    return (
      (typeof value === 'string' ? encodingNamed(value) : null) ?? this.fail(name, `one of ${ENCODINGS.join(', ')}`)
    );
  }

  delimiter(name: string): string {
    const value = this.values[name] ?? ',';
    return typeof value === 'string' && /^[^"\r\n\w]$/.test(value)
      ? value
      : this.fail(name, 'one character, such as "," or ";" or "\\t"');
  }

  wrong(name: string, expected: string): FinanceDbError {
    return this.problem(`"${this.pathOf(name)}"`, this.values[name], expected);
  }

  fail(name: string, expected: string): never {
    throw this.wrong(name, expected);
  }

  private pathOf(name: string): string {
    return this.path === '' ? name : `${this.path}.${name}`;
  }

  private problem(field: string, found: unknown, expected: string): FinanceDbError {
    const text = found === undefined ? 'nothing' : (JSON.stringify(found) ?? 'nothing');
    const shown = text.length > 80 ? `${text.slice(0, 80)}…` : text;
    return new FinanceDbError('CONFIG', `${this.file}: ${field}: expected ${expected}; found ${shown}`, {
      remedy: 'correct the profile; docs/profiles.md explains each field',
      details: { file: this.file, field, expected, found },
    });
  }
}

function isColumn(value: unknown): value is ColumnRef {
  return (
    (typeof value === 'string' && value.trim() !== '') ||
    (typeof value === 'number' && Number.isInteger(value) && value >= 1)
  );
}
