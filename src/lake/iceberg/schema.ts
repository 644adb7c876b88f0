/** A type as Iceberg's metadata writes it. */
export type IcebergType =
  | string
  | {
      readonly type: 'list';
      readonly 'element-id': number;
      readonly 'element-required': boolean;
      readonly element: string;
    };

export interface IcebergField {
  readonly id: number;
  readonly name: string;
  readonly required: boolean;
  readonly type: IcebergType;
}

export interface IcebergSchema {
  readonly type: 'struct';
  readonly 'schema-id': number;
  readonly fields: readonly IcebergField[];
}

/** A column of the source, as far as a lake needs to know. */
export interface LakeColumn {
  readonly name: string;
  /** The DuckDB type that a sync gives it (docs/sync.md): `DECIMAL(15,2)`, `TIMETZ`, `VARCHAR[]`. */
  readonly duckdbType: string;
  /** pg_attribute.attnum, by which a renamed column is known; null where the file does not say. */
  readonly number: number | null;
}

/** The fields of a table beside the numbers of their columns in PostgreSQL. */
export interface FieldNumbers {
  readonly [fieldId: string]: number;
}

const PLAIN: Readonly<Record<string, string>> = {
  BOOLEAN: 'boolean',
  SMALLINT: 'int',
  INTEGER: 'int',
  BIGINT: 'long',
  FLOAT: 'float',
  DOUBLE: 'double',
  UUID: 'uuid',
  DATE: 'date',
  TIMESTAMP: 'timestamp',
  TIMESTAMPTZ: 'timestamptz',
  BLOB: 'binary',
};

/** Iceberg's type for values of a DuckDB type; what Parquet would lose of (offsets, microseconds of intervals) is text. */
function elementType(duckdbType: string): string {
  const decimal = /^DECIMAL\((\d+),(\d+)\)$/.exec(duckdbType);
  if (decimal !== null) return `decimal(${decimal[1]}, ${decimal[2]})`;
  return PLAIN[duckdbType] ?? 'string';
}

/** SQL of a value as it is written into Parquet. */
export function toParquet(value: string, duckdbType: string): string {
  if (duckdbType.endsWith('[]')) {
    const element = toParquet('e', duckdbType.slice(0, -2));
    return element === 'e' ? value : `list_transform(${value}, lambda e: ${element})`;
  }
  if (duckdbType === 'SMALLINT') return `${value}::INTEGER`;
  return elementType(duckdbType) === 'string' && duckdbType !== 'VARCHAR' ? `${value}::VARCHAR` : value;
}

/** SQL of the value that `toParquet` wrote, in its DuckDB type again. */
export function fromParquet(value: string, duckdbType: string): string {
  return storedType(duckdbType) === duckdbType ? value : `${value}::${duckdbType}`;
}

/** The DuckDB type of what lies in Parquet. */
export function storedType(duckdbType: string): string {
  if (duckdbType.endsWith('[]')) return `${storedType(duckdbType.slice(0, -2))}[]`;
  if (duckdbType === 'SMALLINT') return 'INTEGER';
  return elementType(duckdbType) === 'string' ? 'VARCHAR' : duckdbType;
}

/** What became of a schema. */
export interface Evolution {
  readonly schema: IcebergSchema;
  readonly lastColumnId: number;
  readonly numbers: FieldNumbers;
  /** In words, such as `renamed a to b`; empty when it is as before. */
  readonly changes: readonly string[];
  /** Files of before say something else than the columns do now, and are to be written anew. */
  readonly rewrite: boolean;
  /** A change that Iceberg does not know: a column was replaced by another one. */
  readonly newVersion: boolean;
}

/**
 * The schema for `columns`, in their order. Fields keep their ids: columns are known by their numbers in PostgreSQL, or by name
 * where those are not known.
 * @param before null for a new table
 */
export function evolveSchema(
  columns: readonly LakeColumn[],
  before: { schema: IcebergSchema; lastColumnId: number; numbers: FieldNumbers; nextSchemaId: number } | null,
): Evolution {
  let lastColumnId = before?.lastColumnId ?? 0;
  const left = new Map((before?.schema.fields ?? []).map((field) => [field.id, field]));
  const numberOf = (field: IcebergField): number | undefined => before?.numbers[String(field.id)];
  const changes: string[] = [];
  let [rewrite, newVersion] = [false, false];
  const numbers: Record<string, number> = {};
  const known = columns.map((column) => {
    const fields = [...left.values()];
    const field =
      fields.find((candidate) => column.number !== null && numberOf(candidate) === column.number) ??
      fields.find(
        (candidate) => candidate.name === column.name && (column.number === null || numberOf(candidate) === undefined),
      );
    if (field !== undefined) left.delete(field.id);
    return field;
  });
  const fields = columns.map((column, index): IcebergField => {
    const old = known[index];
    const widened = old === undefined ? null : widen(old.type, column.duckdbType);
    let field: IcebergField;
    if (old !== undefined && widened !== null) {
      field = { ...old, name: column.name, type: widened };
      if (old.name !== column.name) changes.push(`renamed ${old.name} to ${column.name}`);
      if (JSON.stringify(old.type) !== JSON.stringify(widened)) {
        changes.push(`widened ${column.name} from ${typeText(old.type)} to ${typeText(widened)}`);
        rewrite = true;
      }
    } else {
      const id = ++lastColumnId;
      const list = column.duckdbType.endsWith('[]');
      field = { id, name: column.name, required: false, type: typeOf(column.duckdbType, list ? ++lastColumnId : 0) };
      if (old !== undefined) {
        changes.push(`replaced ${column.name}: ${typeText(old.type)} cannot become ${typeText(field.type)}`);
        newVersion = true;
      } else if (before !== null) changes.push(`added ${column.name}`);
      rewrite = true;
    }
    if (column.number !== null) numbers[String(field.id)] = column.number;
    return field;
  });
  for (const field of left.values()) {
    changes.push(`dropped ${field.name}`);
    rewrite = true;
  }
  const same = before !== null && JSON.stringify(before.schema.fields) === JSON.stringify(fields);
  if (same) return { schema: before.schema, lastColumnId, numbers, changes: [], rewrite: false, newVersion: false };
  if (before !== null && changes.length === 0) changes.push('the columns changed their order');
  const schema: IcebergSchema = { type: 'struct', 'schema-id': before?.nextSchemaId ?? 0, fields };
  return { schema, lastColumnId, numbers, changes, rewrite: rewrite || before === null, newVersion };
}

function typeOf(duckdbType: string, elementId: number): IcebergType {
  if (!duckdbType.endsWith('[]')) return elementType(duckdbType);
  const element = elementType(duckdbType.slice(0, -2));
  return { type: 'list', 'element-id': elementId, element, 'element-required': false };
}

/** The field's type for values of `duckdbType`, where Iceberg allows that change; else null. */
function widen(old: IcebergType, duckdbType: string): IcebergType | null {
  if (typeof old !== 'string') {
    if (!duckdbType.endsWith('[]')) return null;
    const element = widen(old.element, duckdbType.slice(0, -2));
    return typeof element === 'string' ? { ...old, element } : null;
  }
  if (duckdbType.endsWith('[]')) return null;
  const now = elementType(duckdbType);
  if (old === now) return old;
  if ((old === 'int' && now === 'long') || (old === 'float' && now === 'double')) return now;
  const [from, to] = [old, now].map((type) => /^decimal\((\d+), (\d+)\)$/.exec(type));
  if (from && to && from[2] === to[2] && Number(from[1]) < Number(to[1])) return now;
  return null;
}

function typeText(type: IcebergType): string {
  return typeof type === 'string' ? type : `list<${type.element}>`;
}
