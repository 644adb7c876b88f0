import { FinanceDbError } from '../errors/financeDbError.ts';
import type { CsvRecord } from './csvRecords.ts';
import { textProblem } from './importText.ts';
import { type ColumnRule, TRANSACTIONS_COLUMNS, TRANSACTIONS_NAMES } from './transactionsTable.ts';

const REQUIRED: readonly string[] = ['tx_id', 'timestamp', 'amount'];

/** How the records of one CSV file become rows: made from its header. */
export interface ImportPlan {
  /** The columns to be given to COPY, in the order of the rows that `toRow` makes. */
  readonly columns: readonly string[];
  /** What the columns that the file has not are filled with, in words. */
  readonly defaulted: readonly string[];
  /** Position of tx_id in the records. */
  readonly keyField: number;
  /** @throws FinanceDbError BAD_INPUT naming file, line, column and value */
  toRow(record: CsvRecord, badUtf8Line: number | null): readonly (string | null)[];
  /** Rows so far whose amount could not be put into the base currency. */
  notNormalized(): number;
}

/**
 * @param file the file's name, for messages
 * @param header its first record
 * @throws FinanceDbError BAD_INPUT when a column is unknown, twice there, or missing
 */
export function planImport(file: string, header: CsvRecord, baseCurrency: string): ImportPlan {
  const names = header.fields.map((field) => (field ?? '').trim().toLowerCase());
  checkHeader(file, header, names);
  const has = (name: string): boolean => names.includes(name);
  const columns: readonly { name: string; rule: ColumnRule; field: number }[] = TRANSACTIONS_COLUMNS.filter(
    ({ name }) => has(name),
  ).map(({ name, rule }) => ({ name, rule, field: names.indexOf(name) }));
  const position = (name: string): number => columns.findIndex((column) => column.name === name);
  const [amountAt, currencyAt] = [position('amount'), position('currency')];
  const addCurrency = !has('currency');
  const addNormalized = !has('normalized_amount');
  let notNormalized = 0;
  return {
    columns: [
      ...columns.map(({ name }) => name),
      ...(addCurrency ? ['currency'] : []),
      ...(addNormalized ? ['normalized_amount'] : []),
    ],
    defaulted: describeDefaults(names, baseCurrency),
    keyField: names.indexOf('tx_id'),
    notNormalized: () => notNormalized,
    toRow: (record, badUtf8Line) => {
      checkLength(file, record, names);
      const row: (string | null)[] = [];
      for (const { name, rule, field } of columns)
        row.push(checkedValue(file, record, name, rule, record.fields[field] ?? null, badUtf8Line));
      const inBaseCurrency = addCurrency || row[currencyAt] === baseCurrency;
      if (addCurrency) row.push(baseCurrency);
      if (addNormalized) {
        row.push(inBaseCurrency ? (row[amountAt] ?? null) : null);
        if (!inBaseCurrency) notNormalized++;
      }
      return row;
    },
  };
}

function checkHeader(file: string, header: CsvRecord, names: readonly string[]): void {
  const bad = (message: string, remedy: string): FinanceDbError =>
    new FinanceDbError('BAD_INPUT', `${file}:${header.line}: ${message}`, {
      remedy,
      details: { file, line: header.line },
    });
  const known = `the columns are ${TRANSACTIONS_NAMES.join(', ')}`;
  const [first = ''] = names;
  if (names.length === 1 && /[;\t|]/.test(first))
    throw bad('the columns are not separated by commas', 'save the file with commas between the columns');
  const unknown = names.filter((name) => !TRANSACTIONS_NAMES.includes(name));
  if (unknown.length > 0)
    throw bad(
      `unknown column${unknown.length > 1 ? 's' : ''} in the header: ${unknown.map(shown).join(', ')}`,
      `${known}; rename or remove the others`,
    );
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) throw bad(`column "${twice}" is in the header twice`, 'keep one of them');
  const missing = REQUIRED.filter((name) => !names.includes(name));
  if (missing.length > 0)
    throw bad(
      `missing column${missing.length > 1 ? 's' : ''} in the header: ${missing.join(', ')}`,
      `${REQUIRED.join(', ')} are needed; ${known}`,
    );
}

function checkLength(file: string, record: CsvRecord, names: readonly string[]): void {
  const { fields, line } = record;
  if (fields.length < names.length)
    throw badRow(
      file,
      line,
      `column "${names[fields.length]}": missing, the row has ${fields.length} of ${names.length} fields`,
    );
  if (fields.length > names.length)
    throw badRow(
      file,
      line,
      `the row has ${fields.length} fields and the header ${names.length}: ${shown(fields[names.length] ?? '')} is in no column` +
        ' (a comma within a value needs quotes around it)',
    );
}

function checkedValue(
  file: string,
  record: CsvRecord,
  name: string,
  rule: ColumnRule,
  field: string | null,
  badUtf8Line: number | null,
): string | null {
  // Programs that quote everything write "" for no value; only for text does it mean the empty text.
  const text = field === '' && (rule.kind !== 'text' || REQUIRED.includes(name)) ? null : field;
  const problem = (message: string): FinanceDbError =>
    badRow(file, record.line, `column "${name}": ${message}`, { column: name, value: text });
  if (text === null) {
    if (REQUIRED.includes(name)) throw problem('it is empty, and every row needs one');
    return null;
  }
  if (badUtf8Line !== null && badUtf8Line >= record.line && badUtf8Line <= record.endLine && text.includes('\ufffd'))
    throw problem(`found ${shown(text)}: it is not UTF-8 text (convert the file with \`iconv -t UTF-8\`)`);
  const wrong = textProblem(rule, text);
  if (wrong !== null) throw problem(`found ${shown(text)}: ${wrong}`);
  return text;
}

/** A row that cannot be stored. */
export function badRow(
  file: string,
  line: number,
  message: string,
  details: Record<string, unknown> = {},
): FinanceDbError {
  return new FinanceDbError('BAD_INPUT', `${file}:${line}: ${message}`, { details: { file, line, ...details } });
}

/** A value for a message: quoted, control characters escaped, not too long. */
export function shown(text: string): string {
  return JSON.stringify(text.length > 60 ? `${text.slice(0, 60)}…` : text);
}

function describeDefaults(names: readonly string[], baseCurrency: string): string[] {
  const missing = (name: string): boolean => !names.includes(name);
  const defaulted: string[] = [];
  if (missing('currency')) defaulted.push(`currency is ${baseCurrency}, the base currency`);
  if (missing('normalized_amount'))
    defaulted.push(
      missing('currency')
        ? 'normalized_amount is the amount'
        : `normalized_amount is the amount in rows whose currency is ${baseCurrency}, and NULL in others`,
    );
  if (missing('created_at')) defaulted.push('created_at is the time of loading');
  const special = ['currency', 'normalized_amount', 'created_at'];
  const empty = TRANSACTIONS_NAMES.filter((name) => missing(name) && !special.includes(name));
  if (empty.length > 0) defaulted.push(`${empty.join(', ')} ${empty.length > 1 ? 'are' : 'is'} NULL`);
  return defaulted;
}
