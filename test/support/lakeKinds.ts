import fs from 'node:fs';

/** A row of the table of types in docs/lake.md, type by type. */
export interface DocumentedType {
  readonly postgres: string;
  readonly duckdb: string;
  readonly iceberg: string;
}

/** What docs/lake.md says of types: lines of that table begin with a type in backticks; several of them stand in the same order in each cell. */
export function documentedTypes(): DocumentedType[] {
  const text = fs.readFileSync(new URL('../../docs/lake.md', import.meta.url), 'utf8');
  const cut = (cell: string): string[] => [...cell.matchAll(/`([^`]+)`/g)].map(([, name = '']) => name);
  const [, section = ''] = text.split('\n## Types\n');
  return (section.split('\n## ')[0] ?? '')
    .split('\n')
    .filter((line) => /^\| `/.test(line))
    .flatMap((line) => {
      const [postgres = [], duckdb = [], iceberg = []] = line.split('|').slice(1).map(cut);
      return postgres.map((name, index) => ({
        postgres: name,
        duckdb: duckdb[index] ?? duckdb[0] ?? '',
        iceberg: iceberg[index] ?? iceberg[0] ?? '',
      }));
    });
}

/** What the samples need besides tables. */
export const KINDS_DDL = `CREATE TYPE mood AS ENUM ('sad', 'it''s "ok"'); CREATE TYPE pair AS (a integer, b text); CREATE DOMAIN cents AS numeric(12,2)`;

/** Values at the edges of each type that docs/lake.md names, as PostgreSQL's literals. Days lie where every engine reads them. */
export const SAMPLES: Readonly<Record<string, readonly string[]>> = {
  boolean: ['true', 'false'],
  smallint: ['-32768', '32767'],
  integer: ['-2147483648', '2147483647'],
  bigint: ['-9223372036854775808', '9223372036854775807'],
  real: ['-1.5', '3.4028235e+38', 'NaN', 'Infinity'],
  'double precision': ['0.1', '-1e-300', 'NaN', '-Infinity', '-0'],
  'numeric(15,2)': ['-9999999999999.99', '0.01'],
  'numeric(38,10)': ['9999999999999999999999999999.9999999999', '-0.0000000001'],
  'numeric(5,-2)': ['9999900', '-100'],
  'numeric(3,5)': ['0.00999', '-0.00001'],
  numeric: ['12345678901234567890123456789012345678901234567890.5', 'NaN', '1.500'],
  'numeric(50,4)': ['1234567890123456789012345678901234567890123456.7890'],
  cents: ['12.30'],
  text: ['', 'Ünï "quoted", | ~ \\ \t\n\u2028', 'NULL'],
  'varchar(10)': ['ab'],
  'char(5)': ['ab'],
  mood: ['it\'s "ok"'],
  money: ['-12.34'],
  inet: ['10.0.0.1/8'],
  'bit(3)': ['101'],
  int4range: ['[1,7)'],
  pair: ['(1,"a b")'],
  json: ['{"a": [1,  2.50]}', 'null'],
  jsonb: ['{"b": 1}'],
  uuid: ['00000000-0000-0000-0000-000000000001', 'ffffffff-ffff-ffff-ffff-ffffffffffff'],
  bytea: ['\\x00ff27', '\\x'],
  date: ['1900-01-01', '2299-12-31'],
  timestamp: ['1900-01-01 00:00:00', '2024-02-29 23:59:59.999999'],
  timestamptz: ['1970-01-01 00:00:00.000001+00', '2024-02-29 12:00:00.123456+05:30'],
  time: ['24:00:00', '00:00:00.000001'],
  timetz: ['12:00:00.000001+05:30:15', '23:59:59-12'],
  interval: ['14 mons -3 days 00:00:00.000001', '30 days'],
  'boolean[]': ['{t,f,NULL}'],
  'integer[]': ['{}', '{1,NULL,-3}'],
  'bigint[]': ['{9223372036854775807}'],
  'double precision[]': ['{NaN,-0,0.1}'],
  'numeric(6,3)[]': ['{1.5,-999.999}'],
  'text[]': ['{"a, b",NULL,"NULL",""}'],
  'uuid[]': ['{00000000-0000-0000-0000-000000000001}'],
  'date[]': ['{2024-02-29}'],
  'timestamptz[]': ['{"2024-02-29 12:00:00.000001+00"}'],
  'time[]': ['{12:00:00.000001}'],
  'interval[]': ['{"1 mon 2 days"}'],
};

/** Names that have to be quoted, escaped or encoded somewhere, for the first columns. */
const ODD_NAMES = ['select', 'Ä "b", c', "it's", '日本', 'a.b/c', '$x'];

/** The column of each type; the last is called as the partition of months would be. */
export function kindColumns(types: readonly DocumentedType[]): string[] {
  const names = types.map((_, index) => ODD_NAMES[index] ?? `c${index}`);
  const month = names[types.findIndex(({ postgres }) => postgres === 'date')];
  return [...names.slice(0, -1), `${month}_Month`];
}

/** SQL that makes a table with a column of each type and a row for each sample, and one of nothing but NULLs. */
export function kindsSql(table: string, types: readonly DocumentedType[]): string {
  const quote = (name: string): string => `"${name.replaceAll('"', '""')}"`;
  const columns = kindColumns(types).map((name, index) => `${quote(name)} ${types[index]?.postgres}`);
  const rows = Array.from({ length: 6 }, (_, row) => [
    row,
    ...types.map(({ postgres }) => {
      const sample = SAMPLES[postgres]?.[row];
      return sample === undefined ? 'NULL' : `'${sample.replaceAll("'", "''")}'`;
    }),
  ]);
  return `CREATE TABLE ${table} ("no." bigint PRIMARY KEY, ${columns.join(', ')}); INSERT INTO ${table} VALUES ${rows.map((row) => `(${row.join(', ')})`).join(', ')}`;
}
