/*
 * What PostgreSQL's output plugin "pgoutput" sends ("Logical Replication Message Formats" of its manual, protocol version 1):
 * pure, from the bytes of one message to what it says. Texts of values are kept byte by byte, one character each (latin1), so
 * that nothing is lost on their way to a file; names are decoded.
 */

/** The value of an update's column that was not sent, since it lies outside of the row and did not change. */
export const UNCHANGED = Symbol('unchanged');

/** The bytes of a value's text, one character each; null for NULL. */
export type TupleValue = string | null | typeof UNCHANGED;

export interface RelationColumn {
  readonly name: string;
  /** Part of the replica identity. */
  readonly identity: boolean;
  readonly typeOid: number;
}

export type PgOutputMessage =
  | { readonly kind: 'begin'; readonly finalLsn: bigint; readonly committedAt: bigint; readonly xid: number }
  | { readonly kind: 'commit'; readonly commitLsn: bigint; readonly endLsn: bigint; readonly committedAt: bigint }
  | {
      readonly kind: 'relation';
      readonly oid: number;
      readonly schema: string;
      readonly name: string;
      /** pg_class.relreplident: d default, n nothing, f full, i index. */
      readonly replicaIdentity: string;
      readonly columns: readonly RelationColumn[];
    }
  | { readonly kind: 'insert'; readonly oid: number; readonly row: readonly TupleValue[] }
  | {
      readonly kind: 'update';
      readonly oid: number;
      readonly old: OldTuple | null;
      readonly row: readonly TupleValue[];
    }
  | { readonly kind: 'delete'; readonly oid: number; readonly old: OldTuple }
  | { readonly kind: 'truncate'; readonly oids: readonly number[] }
  /** Origins, types and messages of programs, which say nothing about rows. */
  | { readonly kind: 'other' };

/** What an update or delete tells of the row that was. */
export interface OldTuple {
  /** `key`: the columns of the replica identity, all others are NULL whatever the row held; `full`: the whole row. */
  readonly what: 'key' | 'full';
  readonly values: readonly TupleValue[];
}

/** A message that is not of the protocol: the stream cannot be read any further. */
export class MalformedMessage extends Error {}

const KINDS: Readonly<Record<string, PgOutputMessage['kind']>> = {
  ...{ B: 'begin', C: 'commit', R: 'relation', I: 'insert', U: 'update', D: 'delete', T: 'truncate' },
  ...{ O: 'other', Y: 'other', M: 'other' },
};

/**
 * What kind of message some bytes are, without parsing the rest.
 * @throws MalformedMessage for a kind that the protocol does not know
 */
export function kindOf(bytes: Buffer): PgOutputMessage['kind'] {
  const letter = String.fromCharCode(bytes[0] ?? 0);
  const kind = KINDS[letter];
  if (kind === undefined) throw new MalformedMessage(`a message of the unknown type ${JSON.stringify(letter)}`);
  return kind;
}

/**
 * Parses one message.
 * @throws MalformedMessage when the bytes are no message of the protocol, end too early or go on behind it
 */
export function parsePgOutput(bytes: Buffer): PgOutputMessage {
  const reader = new Reader(bytes);
  const message = readMessage(reader);
  if (message.kind !== 'other') reader.end();
  return message;
}

function readMessage(reader: Reader): PgOutputMessage {
  switch (kindOf(reader.bytes)) {
    case 'begin':
      return { kind: 'begin', finalLsn: reader.int64(), committedAt: reader.int64(), xid: reader.uint32() };
    case 'commit':
      reader.skip(1);
      return { kind: 'commit', commitLsn: reader.int64(), endLsn: reader.int64(), committedAt: reader.int64() };
    case 'relation':
      return readRelation(reader);
    case 'insert': {
      const oid = reader.uint32();
      reader.expect('N');
      return { kind: 'insert', oid, row: readTuple(reader) };
    }
    case 'update': {
      const oid = reader.uint32();
      const part = reader.letter();
      if (part === 'N') return { kind: 'update', oid, old: null, row: readTuple(reader) };
      const old = readOld(reader, part);
      reader.expect('N');
      return { kind: 'update', oid, old, row: readTuple(reader) };
    }
    case 'delete': {
      const oid = reader.uint32();
      return { kind: 'delete', oid, old: readOld(reader, reader.letter()) };
    }
    case 'truncate': {
      const count = reader.uint32();
      reader.skip(1);
      const oids: number[] = [];
      for (let index = 0; index < count; index++) oids.push(reader.uint32());
      return { kind: 'truncate', oids };
    }
    case 'other':
      return { kind: 'other' };
  }
}

function readRelation(reader: Reader): PgOutputMessage {
  const oid = reader.uint32();
  const schema = reader.cstring();
  const name = reader.cstring();
  const replicaIdentity = reader.letter();
  const count = reader.uint16();
  const columns: RelationColumn[] = [];
  for (let index = 0; index < count; index++) {
    const identity = (reader.byte() & 1) === 1;
    const column = reader.cstring();
    const typeOid = reader.uint32();
    reader.skip(4);
    columns.push({ name: column, identity, typeOid });
  }
  // An empty name stands for pg_catalog.
  return { kind: 'relation', oid, schema: schema === '' ? 'pg_catalog' : schema, name, replicaIdentity, columns };
}

function readOld(reader: Reader, part: string): OldTuple {
  if (part !== 'K' && part !== 'O') throw new MalformedMessage(`an old row of the kind ${JSON.stringify(part)}`);
  return { what: part === 'K' ? 'key' : 'full', values: readTuple(reader) };
}

function readTuple(reader: Reader): TupleValue[] {
  const count = reader.uint16();
  const values: TupleValue[] = [];
  for (let index = 0; index < count; index++) {
    const kind = reader.letter();
    if (kind === 't') values.push(reader.text(reader.uint32()));
    else if (kind === 'n') values.push(null);
    else if (kind === 'u') values.push(UNCHANGED);
    else throw new MalformedMessage(`a value of the kind ${JSON.stringify(kind)}`);
  }
  return values;
}

/** Reads within one message, behind the letter of its kind and never beyond its end. */
class Reader {
  private at = 1;

  constructor(readonly bytes: Buffer) {}

  byte(): number {
    return this.bytes[this.take(1)] ?? 0;
  }

  letter(): string {
    return String.fromCharCode(this.byte());
  }

  uint16(): number {
    return this.bytes.readUInt16BE(this.take(2));
  }

  uint32(): number {
    return this.bytes.readUInt32BE(this.take(4));
  }

  int64(): bigint {
    return this.bytes.readBigUInt64BE(this.take(8));
  }

  text(length: number): string {
    const from = this.take(length);
    return this.bytes.toString('latin1', from, from + length);
  }

  cstring(): string {
    const end = this.bytes.indexOf(0, this.at);
    if (end === -1) throw new MalformedMessage('a name that does not end');
    const text = this.bytes.toString('utf8', this.at, end);
    this.at = end + 1;
    return text;
  }

  skip(count: number): void {
    this.take(count);
  }

  expect(letter: string): void {
    const found = this.letter();
    if (found !== letter)
      throw new MalformedMessage(`${JSON.stringify(found)} where ${JSON.stringify(letter)} belongs`);
  }

  end(): void {
    if (this.at !== this.bytes.length) throw new MalformedMessage(`${this.bytes.length - this.at} bytes too many`);
  }

  private take(count: number): number {
    const from = this.at;
    if (from + count > this.bytes.length) throw new MalformedMessage('a message that ends too early');
    this.at = from + count;
    return from;
  }
}
