import type { ChangedTable } from '../../duckdb/changeFiles.ts';
import { FinanceDbError } from '../../errors/financeDbError.ts';
import { type ChangedValue, Contradiction, KEPT, NetChanges } from '../../model/changes/netChanges.ts';
import { displayName } from '../../model/tableName.ts';
import { mapColumns } from '../../model/typeMapping.ts';
import type { FollowableTable } from '../../postgres/replication/followable.ts';
import {
  type OldTuple,
  type PgOutputMessage,
  type TupleValue,
  UNCHANGED,
} from '../../postgres/replication/pgoutput.ts';
import { Restart } from './restart.ts';

/** A table and what has changed in it since it was last put into the file. */
export interface FollowedTable extends ChangedTable {
  readonly name: string;
  changes: NetChanges;
}

type RelationMessage = Extract<PgOutputMessage, { kind: 'relation' }>;
type ChangeMessage = Extract<PgOutputMessage, { kind: 'insert' | 'update' | 'delete' | 'truncate' }>;

/** Where in a tuple of one relation the values of the table's columns are. */
interface Relation {
  readonly table: FollowedTable;
  readonly places: readonly number[];
  readonly keyPlaces: readonly number[];
}

/** Brings the messages of relations (tables, or their partitions) to the tables that they belong to. */
export class ChangedTables {
  readonly tables: readonly FollowedTable[];
  private readonly byOid = new Map<number, FollowedTable>();
  private readonly relations = new Map<number, Relation>();
  /** The relation that was described since the last change: the next change is of its rows, though it may be told as one of its root. */
  private described: number | null = null;

  constructor(followed: readonly FollowableTable[]) {
    this.tables = followed.map(({ source, key, relations }) => {
      const columns = mapColumns(source);
      const table: FollowedTable = {
        ...{ source, columns, name: displayName(source.table) },
        key: key.map((name) => {
          const column = columns.find((candidate) => candidate.name === name);
          if (column === undefined)
            throw new FinanceDbError('INTERNAL', `${displayName(source.table)}: no column ${name}`);
          return column;
        }),
        changes: new NetChanges([]),
      };
      for (const oid of relations) this.byOid.set(Number(oid), table);
      renew(table);
      return table;
    });
  }

  /** Bytes of all changes that are held. */
  get bytes(): number {
    return this.tables.reduce((sum, { changes }) => sum + changes.bytes, 0);
  }

  /** @throws Restart when the relation is not what the table was when it was described */
  relation(message: RelationMessage): void {
    this.described = message.oid;
    const table = this.byOid.get(message.oid);
    // Other tables of the publication; what becomes of one that is new in the tree of a followed one its first change tells.
    if (table === undefined) return;
    const places = table.columns.map(({ name }) => message.columns.findIndex((column) => column.name === name));
    if (places.includes(-1) || message.columns.length !== table.columns.length)
      throw new Restart(`the columns of ${table.name} changed`);
    const keyPlaces = table.key.map(({ name }) => places[indexOf(table, name)] ?? -1);
    this.relations.set(message.oid, { table, places, keyPlaces });
  }

  /**
   * @returns whether it is about one of our tables
   * @throws Restart when what it tells cannot be put into the file as it is; it names the table to be read anew
   */
  change(message: ChangeMessage): boolean {
    const { described } = this;
    this.described = null;
    if (message.kind === 'truncate') return this.truncate(message.oids);
    const relation = this.relations.get(message.oid);
    if (relation === undefined) return false;
    this.requireKnown(relation.table, described);
    try {
      this.put(relation, message);
    } catch (error) {
      throw asRestart(error, relation.table);
    }
    return true;
  }

  /**
   * A partition describes itself before its first change, and its root before that, as which the change is told. One that was attached
   * after the tables were described may be gone again at the next look of the guard, with all its rows, and without a message.
   */
  private requireKnown(table: FollowedTable, described: number | null): void {
    if (described !== null && this.byOid.get(described) !== table)
      throw new Restart(`a partition of ${table.name} came, or went, with its rows`);
  }

  private put({ table, places, keyPlaces }: Relation, message: Exclude<ChangeMessage, { kind: 'truncate' }>): void {
    const { changes } = table;
    if (message.kind === 'delete') {
      changes.delete(keyIn(message.old, keyPlaces));
      return;
    }
    const row = places.map((place) => toValue(message.row[place]));
    if (message.kind === 'insert') {
      changes.insert(row);
      return;
    }
    const { old } = message;
    // The old row tells what the new one does not send: all of it, or its key, which may lie outside of the row too.
    const told = (place: number): boolean => old?.what === 'full' || keyPlaces.includes(place);
    const filled = row.map((value, at) => {
      const place = places[at] ?? -1;
      return value === KEPT && old !== null && told(place) ? toValue(old.values[place]) : value;
    });
    changes.update(old === null ? null : keyIn(old, keyPlaces), filled);
  }

  private truncate(oids: readonly number[]): boolean {
    let ours = false;
    for (const oid of oids) {
      const table = this.byOid.get(oid);
      if (table === undefined) continue;
      ours = true;
      // A truncated partition does not tell which rows of the table were its own.
      if (Number(table.source.oid) !== oid) throw new Restart(`a partition of ${table.name} was truncated`);
      table.changes.truncate();
    }
    return ours;
  }
}

/** Begins to gather changes of a table afresh. */
export function renew(table: FollowedTable): void {
  table.changes = new NetChanges(table.key.map(({ name }) => indexOf(table, name)));
}

/** What contradicts the file leads to a scan that loads the table anew; anything else stays what it is. */
export function asRestart(error: unknown, table: FollowedTable): unknown {
  return error instanceof Contradiction ? new Restart(error.message, [table.name]) : error;
}

function indexOf({ columns }: Pick<FollowedTable, 'columns'>, name: string): number {
  return columns.findIndex((column) => column.name === name);
}

function keyIn({ values }: OldTuple, places: readonly number[]): ChangedValue[] {
  return places.map((place) => toValue(values[place]));
}

function toValue(value: TupleValue | undefined): ChangedValue {
  if (value === UNCHANGED) return KEPT;
  return value ?? null;
}
