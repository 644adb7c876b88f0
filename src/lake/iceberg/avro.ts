import { randomBytes } from 'node:crypto';
import { inflateRawSync } from 'node:zlib';
import { AvroInput, AvroOutput } from './avroBytes.ts';

/** The part of Avro's schemas that Iceberg's manifests use. */
export type AvroSchema = string | readonly AvroSchema[] | AvroComplex;

type AvroComplex =
  | { readonly type: 'record'; readonly name: string; readonly fields: readonly AvroField[] }
  | { readonly type: 'array'; readonly items: AvroSchema; readonly [extra: string]: unknown }
  | { readonly type: 'map'; readonly values: AvroSchema; readonly [extra: string]: unknown }
  | { readonly type: 'fixed'; readonly name: string; readonly size: number; readonly [extra: string]: unknown }
  | { readonly type: string; readonly [extra: string]: unknown };

export interface AvroField {
  readonly name: string;
  readonly type: AvroSchema;
  readonly [extra: string]: unknown;
}

/** int is a number, long a bigint, bytes a Buffer, a record an object, a union with null the value or null. */
export type AvroValue = null | boolean | number | bigint | string | Buffer | readonly AvroValue[] | AvroRecord;
export interface AvroRecord {
  readonly [name: string]: AvroValue;
}

const MAGIC = Buffer.from('Obj\u0001', 'latin1');
const SYNC_BYTES = 16;

/** An Avro object container file, uncompressed, in one block. @param metadata further entries of the header, as text */
export function writeAvro(
  schema: AvroSchema,
  rows: readonly AvroRecord[],
  metadata: Readonly<Record<string, string>>,
): Buffer {
  const sync = randomBytes(SYNC_BYTES);
  const header = { 'avro.schema': JSON.stringify(schema), 'avro.codec': 'null', ...metadata };
  const out = new AvroOutput();
  out.raw(MAGIC);
  out.long(BigInt(Object.keys(header).length));
  for (const [name, value] of Object.entries(header)) {
    out.bytes(Buffer.from(name));
    out.bytes(Buffer.from(value));
  }
  out.long(0n);
  out.raw(sync);
  if (rows.length > 0) {
    const block = new AvroOutput();
    for (const row of rows) write(block, schema, row);
    const content = block.end();
    out.long(BigInt(rows.length));
    out.bytes(content);
    out.raw(sync);
  }
  return out.end();
}

/**
 * Reads an object container file by the schema within it.
 * @throws Error when it is none, or compressed in a way that Iceberg's writers do not use
 */
export function readAvro(file: Buffer): { rows: AvroRecord[]; metadata: Record<string, string> } {
  const input = new AvroInput(file);
  if (!input.raw(MAGIC.length).equals(MAGIC)) throw new Error('not an Avro file');
  const metadata: Record<string, string> = {};
  for (let count = input.blockCount(); count > 0; count = input.blockCount())
    for (let index = 0; index < count; index++) metadata[input.bytes().toString()] = input.bytes().toString();
  const sync = input.raw(SYNC_BYTES);
  const schema = JSON.parse(metadata['avro.schema'] ?? 'null') as AvroSchema;
  const codec = metadata['avro.codec'] ?? 'null';
  const rows: AvroRecord[] = [];
  while (!input.isAtEnd()) {
    const count = input.int();
    const stored = input.bytes();
    if (codec !== 'null' && codec !== 'deflate') throw new Error(`the codec ${codec} is not known`);
    const block = new AvroInput(codec === 'deflate' ? inflateRawSync(stored) : stored);
    for (let index = 0; index < count; index++) rows.push(read(block, schema) as AvroRecord);
    if (!input.raw(SYNC_BYTES).equals(sync)) throw new Error('an Avro block does not end where it should');
  }
  return { rows, metadata };
}

function isUnion(schema: AvroSchema): schema is readonly AvroSchema[] {
  return Array.isArray(schema);
}

function write(out: AvroOutput, schema: AvroSchema, value: AvroValue): void {
  if (isUnion(schema)) {
    const index = schema.findIndex((branch) => (branch === 'null') === (value === null));
    const branch = schema[index];
    if (branch === undefined) throw new Error('no branch of the union fits');
    out.long(BigInt(index));
    write(out, branch, value);
    return;
  }
  if (typeof schema !== 'string') {
    writeComplex(out, schema, value);
    return;
  }
  switch (schema) {
    case 'null':
      return;
    case 'boolean':
      out.raw(Buffer.from([value === true ? 1 : 0]));
      return;
    case 'int':
    case 'long':
      out.long(BigInt(value as number | bigint));
      return;
    case 'string':
      out.bytes(Buffer.from(value as string));
      return;
    case 'bytes':
      out.bytes(value as Buffer);
      return;
    default:
      throw new Error(`the Avro type ${schema} is not written`);
  }
}

function writeComplex(out: AvroOutput, schema: AvroComplex, value: AvroValue): void {
  if ('fields' in schema) {
    for (const { name, type } of schema.fields as readonly AvroField[])
      write(out, type, (value as AvroRecord)[name] ?? null);
  } else if ('items' in schema) {
    const items = value as readonly AvroValue[];
    if (items.length > 0) {
      out.long(BigInt(items.length));
      for (const item of items) write(out, schema.items as AvroSchema, item);
    }
    out.long(0n);
  } else write(out, schema.type, value);
}

function read(input: AvroInput, schema: AvroSchema): AvroValue {
  if (isUnion(schema)) {
    const branch = schema[input.int()];
    if (branch === undefined) throw new Error('a union has no such branch');
    return read(input, branch);
  }
  if (typeof schema !== 'string') return readComplex(input, schema);
  switch (schema) {
    case 'null':
      return null;
    case 'boolean':
      return input.raw(1)[0] === 1;
    case 'int':
      return input.int();
    case 'long':
      return input.long();
    case 'float':
      return input.raw(4).readFloatLE();
    case 'double':
      return input.raw(8).readDoubleLE();
    case 'string':
      return input.bytes().toString();
    case 'bytes':
      return Buffer.from(input.bytes());
    default:
      throw new Error(`the Avro type ${schema} is not known`);
  }
}

function readComplex(input: AvroInput, schema: AvroComplex): AvroValue {
  if ('fields' in schema) {
    const record: Record<string, AvroValue> = {};
    for (const { name, type } of schema.fields as readonly AvroField[]) record[name] = read(input, type);
    return record;
  }
  if ('size' in schema) return Buffer.from(input.raw(schema.size as number));
  if ('values' in schema) throw new Error('maps of texts are not used by manifests');
  if (!('items' in schema)) return read(input, schema.type);
  const items: AvroValue[] = [];
  for (let count = input.blockCount(); count > 0; count = input.blockCount())
    for (let index = 0; index < count; index++) items.push(read(input, schema.items as AvroSchema));
  return items;
}
