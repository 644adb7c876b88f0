import type { FileSource } from '../../model/fileSource.ts';
import type { PgServer } from '../../postgres/server.ts';
import type { SourcePosition } from '../../postgres/snapshot.ts';
import type { SyncResult } from './syncRequest.ts';

/** Whose data a file holds that is synced from this server. */
export function sourceOf({ place, database }: PgServer, { identity }: SourcePosition): FileSource {
  const { systemIdentifier, databaseOid } = identity;
  return { systemIdentifier, databaseOid, database, place };
}

/** The source as a result of a sync names it. */
export function describeSource(server: PgServer, position: SourcePosition): Pick<SyncResult, 'source' | 'snapshot'> {
  return {
    source: {
      kind: server.kind === 'embedded' ? 'embedded' : 'postgres',
      database: server.database,
      place: server.place,
      version: position.serverVersion,
    },
    snapshot: position.snapshotText,
  };
}
