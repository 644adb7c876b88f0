/** Who a DuckDB file was synced from: a database of a PostgreSQL cluster. */
export interface FileSource {
  /** Of the cluster, made by initdb; null when the role might not ask. */
  readonly systemIdentifier: string | null;
  readonly databaseOid: string;
  /** Its name and its server in words; null in a file of a version that did not write them down. */
  readonly database: string | null;
  readonly place: string | null;
}

/** What the embedded server is called where others have host and port. */
export const EMBEDDED_PLACE = 'the embedded server';

/** `finance at db.example.com:5432`, `finance on the embedded server`. */
export function sourceText(source: Pick<FileSource, 'database' | 'place'> & Partial<FileSource>): string {
  const { database, place, systemIdentifier, databaseOid } = source;
  if (database === null || place === null)
    return `a database whose name was not kept (oid ${databaseOid}, system identifier ${systemIdentifier ?? 'unknown'})`;
  return `${database} ${place === EMBEDDED_PLACE ? 'on' : 'at'} ${place}`;
}

/**
 * Whether two sources are different databases. The address does not count: a standby, a tunnel or another name of the host
 * lead to the same one. Where a server does not tell its identity, the address and the name are all there is to go by.
 */
export function isOtherSource(a: FileSource, b: FileSource): boolean {
  if (a.databaseOid !== b.databaseOid) return true;
  if (a.systemIdentifier !== null && b.systemIdentifier !== null) return a.systemIdentifier !== b.systemIdentifier;
  if (a.place === null || b.place === null) return false;
  return a.place !== b.place || a.database !== b.database;
}
