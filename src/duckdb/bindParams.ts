import { type DuckDBConnection, type DuckDBPreparedStatement, DuckDBTypeId, type DuckDBValue } from '@duckdb/node-api';
import { FinanceDbError, messageOf } from '../errors/financeDbError.ts';
import { type LiteralForm, literalForm, type QueryParam } from '../model/queryParams.ts';

const NUMERIC = new Set<DuckDBTypeId>([
  DuckDBTypeId.TINYINT,
  DuckDBTypeId.SMALLINT,
  DuckDBTypeId.INTEGER,
  DuckDBTypeId.BIGINT,
  DuckDBTypeId.HUGEINT,
  DuckDBTypeId.UTINYINT,
  DuckDBTypeId.USMALLINT,
  DuckDBTypeId.UINTEGER,
  DuckDBTypeId.UBIGINT,
  DuckDBTypeId.UHUGEINT,
  DuckDBTypeId.DECIMAL,
  DuckDBTypeId.FLOAT,
  DuckDBTypeId.DOUBLE,
]);

/**
 * Gives `$name` its value: never as a part of the SQL text, so a value cannot be SQL. A value with a type is cast to it. Of
 * the others, one whose place asks for a number, or for nothing in particular, takes the type of its own form, so that
 * decimals stay exact; any other is text, which DuckDB reads as what its place asks for (a date, a timestamp, …).
 * @throws FinanceDbError USAGE when the SQL names a parameter that was not given, or a value does not fit its type.
 */
export async function bindParams(
  connection: DuckDBConnection,
  prepared: DuckDBPreparedStatement,
  params: readonly QueryParam[],
): Promise<void> {
  for (let index = 1; index <= prepared.parameterCount; index++) {
    const name = prepared.parameterName(index);
    const param = params.find((candidate) => candidate.name.toLowerCase() === name.toLowerCase());
    if (param === undefined) throw missing(name);
    const type = param.type ?? typeOfForm(prepared.parameterTypeId(index), param.value);
    if (type === null) prepared.bindVarchar(index, param.value);
    else await bindCast(connection, prepared, index, param, type);
  }
}

/** The type that the value's own form gives it in this place, or null to leave it text. */
function typeOfForm(expected: DuckDBTypeId, value: string): string | null {
  const form = literalForm(value);
  const anywhere = expected === DuckDBTypeId.INVALID || expected === DuckDBTypeId.ANY;
  if (form === 'text' || !(anywhere || (NUMERIC.has(expected) && isNumber(form)))) return null;
  if (form !== 'decimal') return TYPE_OF_FORM[form];
  const digits = value.replace(/\D/g, '').length;
  return `DECIMAL(${digits}, ${value.length - value.indexOf('.') - 1})`;
}

const TYPE_OF_FORM: Record<Exclude<LiteralForm, 'text' | 'decimal'>, string> = {
  integer: 'HUGEINT',
  float: 'DOUBLE',
  boolean: 'BOOLEAN',
  date: 'DATE',
  timestamp: 'TIMESTAMP',
};

function isNumber(form: LiteralForm): boolean {
  return form === 'integer' || form === 'decimal' || form === 'float';
}

/** DuckDB itself reads the text as the type, so every type it has can be given. */
async function bindCast(
  connection: DuckDBConnection,
  prepared: DuckDBPreparedStatement,
  index: number,
  param: QueryParam,
  type: string,
): Promise<void> {
  try {
    const exact = type === 'HUGEINT' ? integerType(param.value) : type;
    const result = await connection.runAndReadAll(`SELECT CAST($1 AS ${exact})`, [param.value]);
    const value: DuckDBValue = result.getRows()[0]?.[0] ?? null;
    prepared.bindValue(index, value, result.columnType(0));
  } catch (error) {
    throw new FinanceDbError('USAGE', `--param ${param.name}: ${messageOf(error)}`, {
      cause: error,
      remedy: `give a value of the type ${type}`,
    });
  }
}

/** The type DuckDB gives to an integer literal in SQL. */
function integerType(text: string): string {
  const value = BigInt(text);
  if (BigInt.asIntN(32, value) === value) return 'INTEGER';
  return BigInt.asIntN(64, value) === value ? 'BIGINT' : 'HUGEINT';
}

function missing(name: string): FinanceDbError {
  if (/^\d+$/.test(name))
    return new FinanceDbError('USAGE', 'the SQL has a parameter without a name', {
      remedy: 'name it in the SQL ($since) and give it with --param since=2024-01-01',
    });
  return new FinanceDbError('USAGE', `the SQL needs a value for $${name}`, { remedy: `give --param ${name}=VALUE` });
}
