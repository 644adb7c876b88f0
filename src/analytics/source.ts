import { quoteIdentifier, quoteLiteral } from '../model/identifier.ts';
import { LEDGER_COLUMNS, type LedgerSource } from './request.ts';
import { MOST_DIGITS } from './sql.ts';

/** A column of a table in the DuckDB file. */
export interface StoredColumn {
  readonly name: string;
  /** As DuckDB writes it: `DECIMAL(15,2)`. */
  readonly type: string;
}

/** What the texts of a column of numerals need: found by `numeralsSql`. */
export type Numerals = {
  /** The most digits after and before the point; null without any numeral. */
  readonly scale: string | null;
  readonly whole: string | null;
  /** A value that is no numeral, if there is one. */
  readonly odd: string | null;
};

/** How a table of transactions can be read, or in one line why it cannot. */
export type SourceShape =
  | { readonly kind: 'readable'; readonly relation: Relation }
  | { readonly kind: 'refused'; readonly why: string };

/** The rows of a table with the types that the reports' SQL is written for. */
export interface Relation {
  /** Quoted, schema-qualified name in DuckDB. */
  readonly table: string;
  /** How each column is read. */
  readonly columns: readonly { readonly name: string; readonly sql: string }[];
  /** Whether any column is read in another way than it is stored. */
  readonly converts: boolean;
  /** Whether it is a view on the files of a lake. */
  readonly ofLake: boolean;
  readonly scale: number;
  readonly amountScale: number | null;
}

/** The type of the row numbers that a view on a lake's files gives. */
const LAKE_ROWID = 'UBIGINT';
const MONEY = ['normalized_amount', 'amount'];
/** What a report can put a date to: years that are written with four digits. */
const FIRST_MOMENT = `TIMESTAMP '0001-01-01'`;
const AFTER_LAST = `TIMESTAMP '10000-01-01'`;

/** Amounts kept as text, because numeric without a precision has no DECIMAL: they have to be measured first. */
export function amountsAsText(columns: readonly StoredColumn[]): string[] {
  return columns.filter(({ name, type }) => MONEY.includes(name) && type === 'VARCHAR').map(({ name }) => name);
}

/** One row of Numerals. NaN and infinities are no amounts: such rows count as not normalized. */
export function numeralsSql(table: string, column: string): string {
  const value = quoteIdentifier(column);
  return `SELECT max(len(split_part(numeral, '.', 2)))::VARCHAR AS scale, max(len(ltrim(split_part(numeral, '.', 1), '-')))::VARCHAR AS whole,
  (SELECT min(${value}) FROM ${table} WHERE NOT regexp_full_match(${value}, '-?[0-9]+([.][0-9]+)?|NaN|-?Infinity')) AS odd
FROM (SELECT ${value} AS numeral FROM ${table} WHERE regexp_full_match(${value}, '-?[0-9]+([.][0-9]+)?'))`;
}

/**
 * Decides how each column is read: any type that means a day, a text or an exact number will do.
 * @param table quoted, schema-qualified name in DuckDB
 * @param needed the columns that must be there
 * @param measured what `numeralsSql` found, by column
 */
export function shapeOf(
  table: string,
  columns: readonly StoredColumn[],
  needed: readonly string[],
  measured: Readonly<Record<string, Numerals>>,
): SourceShape {
  const find = (name: string) => columns.find((column) => column.name === name);
  const missing = needed.filter((name) => find(name) === undefined);
  if (missing.length > 0) return { kind: 'refused', why: `has no column ${missing.join(', ')}` };
  const scales = new Map<string, number | null>();
  const read: { name: string; sql: string }[] = [];
  for (const name of [...LEDGER_COLUMNS, 'tx_id']) {
    const column = find(name);
    if (column === undefined) {
      // Only what is not needed: an id that the table has not is none.
      read.push({ name, sql: 'NULL::VARCHAR' });
      continue;
    }
    const quoted = quoteIdentifier(name);
    if (name === 'timestamp') {
      const sql = momentOf(quoted, column.type);
      if (sql === null) return refuse(column, 'is neither a date nor a time of a day');
      read.push({ name, sql });
    } else if (MONEY.includes(name)) {
      const money = moneyOf(quoted, column, measured[name]);
      if (money.why !== undefined && name === 'normalized_amount') return refuse(column, money.why);
      scales.set(name, money.why === undefined ? money.scale : null);
      // An original amount that is no exact number will do to be looked at, but not to be added up.
      read.push({ name, sql: money.why === undefined ? money.sql : `TRY_CAST(${quoted}::VARCHAR AS DOUBLE)` });
    } else read.push({ name, sql: column.type === 'VARCHAR' ? quoted : `${quoted}::VARCHAR` });
  }
  // A column called rowid hides DuckDB's own, which tells rows apart. One of a type that no column of PostgreSQL has is a lake's,
  // whose views have none of DuckDB's.
  const numbers = columns.find(({ name }) => name.toLowerCase() === 'rowid');
  const ofLake = numbers?.type === LAKE_ROWID;
  const hidden = numbers !== undefined && !ofLake;
  return {
    kind: 'readable',
    relation: {
      table,
      scale: scales.get('normalized_amount') ?? 0,
      amountScale: scales.get('amount') ?? null,
      columns: [{ name: 'rowid', sql: hidden ? 'row_number() OVER ()' : 'rowid' }, ...read],
      converts: hidden || read.some(({ name, sql }) => sql !== quoteIdentifier(name)),
      ofLake,
    },
  };
}

/** Which rows a report looks at. */
export interface Bounds {
  /** Whether the table has rows without a day that reports can name: NULL, infinite, before the year 1 or after 9999. */
  readonly undated: boolean;
  /** The day after which rows are left out, or null. */
  readonly until: string | null;
}

/**
 * The tables that a report's SQL reads. Where nothing has to be converted or left out that is the table itself, which DuckDB
 * reads fastest.
 */
export function ledgerSource(relation: Relation, bounds: Bounds): LedgerSource {
  const { scale, amountScale, table, converts, ofLake } = relation;
  const whole = converts || bounds.undated ? selection(relation, bounds.undated) : table;
  if (!bounds.undated && bounds.until === null) return { table: whole, whole, scale, amountScale, ofLake };
  const moment = momentIn(relation);
  const before = bounds.until === null ? AFTER_LAST : `TIMESTAMP '${bounds.until}' + INTERVAL 1 DAY`;
  const dated = `${moment} >= ${FIRST_MOMENT} AND ${moment} < ${before}`;
  return { table: selection(relation, false, dated), whole, scale, amountScale, ofLake };
}

/** One row of PlainDays, for a quarter of what TableDays take: most files have no odd day. */
export function plainDaysSql(relation: Relation, today: string): string {
  return plainDaysOf(
    `SELECT count(*) AS "rows", count("timestamp") AS dated, min("timestamp") AS first, max("timestamp") AS last
  FROM ${relation.converts ? selection(relation, false) : relation.table}`,
    today,
  );
}

/** @param counted SQL that gives `rows`, how many of them are `dated`, and the `first` and the `last` moment */
export function plainDaysOf(counted: string, today: string): string {
  const plain = `"rows" = dated AND first >= ${FIRST_MOMENT} AND last < TIMESTAMP '${today}' + INTERVAL 1 DAY`;
  return `SELECT "rows", ${plain} AS plain, first::DATE AS first, last::DATE AS last FROM (${counted}) AS counted`;
}

/** Whether every row has a day that can be named and is not after today, and the first and the last of them. */
export type PlainDays = {
  readonly rows: string;
  readonly plain: boolean | null;
  readonly first: string | null;
  readonly last: string | null;
};

/** One row of TableDays. */
export function tableDaysSql(relation: Relation, today: string): string {
  const dated = `"timestamp" >= ${FIRST_MOMENT} AND "timestamp" < ${AFTER_LAST}`;
  return `SELECT "rows", undated, first::DATE AS first, last::DATE AS last, last_known::DATE AS last_known
FROM (
  SELECT count(*) AS "rows", count(*) FILTER (WHERE (${dated}) IS NOT TRUE) AS undated,
    min("timestamp") FILTER (WHERE ${dated}) AS first, max("timestamp") FILTER (WHERE ${dated}) AS last,
    max("timestamp") FILTER (WHERE ${dated} AND "timestamp" < TIMESTAMP '${today}' + INTERVAL 1 DAY) AS last_known
  FROM ${relation.converts ? selection(relation, false) : relation.table}
)`;
}

/** The days of the whole table, as text; those of rows without a usable day are not among them. */
export type TableDays = {
  readonly rows: string;
  readonly undated: string;
  readonly first: string | null;
  readonly last: string | null;
  /** The last day up to today. */
  readonly last_known: string | null;
};

function selection(relation: Relation, guarded: boolean, condition?: string): string {
  const columns = relation.columns.map(({ name, sql }) => {
    const value =
      guarded && name === 'timestamp'
        ? `CASE WHEN ${sql} >= ${FIRST_MOMENT} AND ${sql} < ${AFTER_LAST} THEN ${sql} END`
        : sql;
    return value === quoteIdentifier(name) || value === name ? value : `${value} AS ${quoteIdentifier(name)}`;
  });
  return `(SELECT ${columns.join(', ')} FROM ${relation.table}${condition === undefined ? '' : ` WHERE ${condition}`})`;
}

function momentIn({ columns }: Relation): string {
  return columns.find(({ name }) => name === 'timestamp')?.sql ?? '"timestamp"';
}

/** SQL of the moment as TIMESTAMP; with a zone, the wall clock of the session's zone. */
function momentOf(quoted: string, type: string): string | null {
  if (type === 'TIMESTAMP') return quoted;
  if (type === 'DATE') return `TRY_CAST(${quoted} AS TIMESTAMP)`;
  if (type === 'TIMESTAMP WITH TIME ZONE' || type === 'TIMESTAMPTZ') return `${quoted}::TIMESTAMP`;
  // DuckDB drops the zone of a text that it reads as TIMESTAMP.
  if (type === 'VARCHAR')
    return `CASE WHEN regexp_matches(${quoted}, ':.*(Z|[+-][0-9]{2}(:?[0-9]{2})?)$') THEN TRY_CAST(${quoted} AS TIMESTAMPTZ)::TIMESTAMP ELSE TRY_CAST(${quoted} AS TIMESTAMP) END`;
  return null;
}

type Money = { sql: string; scale: number; why?: undefined } | { why: string };

function moneyOf(quoted: string, { name, type }: StoredColumn, numerals: Numerals | undefined): Money {
  const scale = /^DECIMAL\(\d+,(\d+)\)$/.exec(type)?.[1];
  if (scale !== undefined) return { sql: quoted, scale: Number(scale) };
  if (/^(TINY|SMALL|BIG)?INT(EGER)?$/.test(type)) return { sql: `${quoted}::DECIMAL(19,0)`, scale: 0 };
  if (type !== 'VARCHAR' || numerals === undefined)
    return { why: 'is no exact number: make it numeric, such as numeric(15,2)' };
  if (numerals.odd !== null)
    return { why: `holds ${quoteLiteral(numerals.odd.slice(0, 40))}, which is no number: make it numeric` };
  const digits = Number(numerals.scale ?? 0);
  if (digits + Number(numerals.whole ?? 0) > MOST_DIGITS)
    return { why: `takes more than ${MOST_DIGITS} digits: round ${name}, such as numeric(15,2)` };
  return { sql: `TRY_CAST(${quoted} AS DECIMAL(${MOST_DIGITS},${digits}))`, scale: digits };
}

function refuse({ name, type }: StoredColumn, why: string): SourceShape {
  return { kind: 'refused', why: `has a column ${name} (${type}) that ${why}` };
}
