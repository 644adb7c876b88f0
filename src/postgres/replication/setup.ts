import { quoteIdentifier } from '../../model/identifier.ts';
import type { SourceTable } from '../../model/sourceTable.ts';
import { displayName, postgresTable } from '../../model/tableName.ts';
import { askPinned } from '../pinned.ts';
import type { PgSession } from '../session.ts';
import { notStreamed, type RelationIdentity } from './followable.ts';
import { createPublicationSql } from './publication.ts';

/** What the server says of itself, for the setup. */
export interface ServerFacts {
  readonly role: string;
  readonly walLevel: string;
  readonly mayReplicate: boolean;
  readonly publicationExists: boolean;
}

/** Reads what the setup has to change, and what is there already. */
export async function readServerFacts(session: PgSession, publication: string): Promise<ServerFacts> {
  const [row] = await askPinned<Record<string, string>>(
    session,
    `SELECT r.rolname AS role, r.rolreplication OR r.rolsuper AS may, current_setting('wal_level') AS level,
       EXISTS (SELECT FROM pg_catalog.pg_publication p WHERE p.pubname = '${publication.replaceAll("'", "''")}') AS published
     FROM pg_catalog.pg_roles r WHERE r.rolname = current_user`,
  );
  return {
    role: row?.['role'] ?? '',
    walLevel: row?.['level'] ?? '',
    mayReplicate: row?.['may'] === 't',
    publicationExists: row?.['published'] === 't',
  };
}

/** The SQL that the owner of a database runs once so that it can be followed; what is done already is a comment. */
export function setupSql(
  facts: ServerFacts,
  publication: string,
  sources: readonly SourceTable[],
  identities: readonly RelationIdentity[],
): string {
  // In a publication, a table without a key could no longer be updated.
  const others = sources.filter((source) => source.key === null || notStreamed(source) !== null);
  const streamed = sources.filter((source) => !others.includes(source));
  const aside = others.flatMap(({ oid, leaves }) => [oid, ...leaves.map((leaf) => leaf.oid)]);
  const lines = [
    '-- What `finance-db follow` needs; `finance-db sync` needs none of it, but SELECT on the tables.',
    '',
  ];
  const step = (text: readonly string[], done: boolean, sql: readonly string[]): void => {
    lines.push(...text.map((line) => `-- ${line}`), ...sql.map((line) => (done ? `-- done: ${line}` : line)), '');
  };
  step(
    [
      'The log has to tell which rows change. It grows a little for it. As a superuser; the server must be RESTARTED afterwards.',
      'Managed servers have a setting of their own for it (RDS: rds.logical_replication = 1).',
    ],
    facts.walLevel === 'logical',
    ["ALTER SYSTEM SET wal_level = 'logical';"],
  );
  step(
    [
      'The role may stream changes. Beware: whoever may, can read all tables of a publication without any right to SELECT,',
      'and stream any other publication too. Give it to a role that is used for this alone.',
    ],
    facts.mayReplicate,
    [`ALTER ROLE ${quoteIdentifier(facts.role)} REPLICATION;`],
  );
  const without = identities.filter(
    ({ oid, replicaIdentity, columns }) => !aside.includes(oid) && replicaIdentity !== 'f' && columns.length === 0,
  );
  if (without.length > 0)
    step(
      [
        'These tables do not tell their rows apart by a primary key. WITHOUT THIS STEP THE PUBLICATION MAKES EVERY',
        'UPDATE AND DELETE OF THEM FAIL. With FULL the log holds the whole old row of each change; where there is a unique',
        'index over not-null columns, USING INDEX name costs less.',
      ],
      false,
      without.map(
        ({ schema, name }) => `ALTER TABLE ${quoteIdentifier(schema)}.${quoteIdentifier(name)} REPLICA IDENTITY FULL;`,
      ),
    );
  step(
    ['Which tables are streamed: all their rows and columns, and all kinds of changes. As their owner.'],
    facts.publicationExists,
    streamed.length === 0 ? [] : [`${createPublicationSql(publication, streamed)};`],
  );
  step(
    ['The scan that begins each stream reads the tables.'],
    false,
    sources.map(({ table }) => `GRANT SELECT ON ${postgresTable(table)} TO ${quoteIdentifier(facts.role)};`),
  );
  lines.push(
    '-- Nothing to do about slots: the one that is used goes with the connection, and never fills the disk of the server.',
    "-- With --keep-slot it stays and holds the log while nobody follows; limit that: ALTER SYSTEM SET max_slot_wal_keep_size = '10GB';",
    `-- Tables: ${namesOf(streamed)}.`,
    ...(others.length === 0
      ? []
      : [`-- Scanned now and then beside them, since no stream tells them exactly: ${namesOf(others)}.`]),
    '',
  );
  return lines.join('\n');
}

function namesOf(sources: readonly SourceTable[]): string {
  return sources.length === 0 ? 'none' : sources.map(({ table }) => displayName(table)).join(', ');
}
