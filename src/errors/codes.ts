/**
 * Every failure the tool can name. `exit` is the process exit code of the Contract; `cause` says what usually lies
 * behind it; `remedy` is the default advice, printed after the message unless the place that throws knows better.
 */
export const ERROR_CODES = {
  INTERNAL: { exit: 1, cause: 'a defect of finance-db', remedy: 'run again with --verbose and report what it prints' },

  USAGE: { exit: 2, cause: 'a wrong flag or argument', remedy: 'see finance-db --help' },
  CONFIG: { exit: 2, cause: 'a setting that means nothing', remedy: 'correct the setting named above' },
  OTHER_SOURCE: {
    exit: 2,
    cause: 'the DuckDB file belongs to another PostgreSQL database than the one that is configured',
    remedy: 'correct DATABASE_URL, name another file with --duckdb, or replace the data on purpose with --new-source',
  },
  BAD_INPUT: {
    exit: 2,
    cause: 'a row of an imported file that cannot be stored exactly',
    remedy: 'correct the row in the file and run the command again; nothing was loaded',
  },
  IMPORT_DOUBTFUL: {
    exit: 2,
    cause: 'a statement that could be read in several ways, and nothing in it proves which is right',
    remedy: 'see what is doubtful above; a profile settles it (docs/profiles.md)',
  },
  FILE_UNREADABLE: { exit: 2, cause: 'a file that is missing or not readable as text', remedy: 'check the path' },
  FILE_NOT_WRITABLE: {
    exit: 2,
    cause: 'an output file that cannot be written',
    remedy: 'check that its folder exists and may be written',
  },
  CRONTAB_MISSING: {
    exit: 2,
    cause: 'no crontab program is installed',
    remedy:
      'install cron (Debian, Ubuntu: apt install cron; Fedora: dnf install cronie), or use `finance-db schedule --systemd`',
  },
  CRONTAB_REFUSED: {
    exit: 2,
    cause: 'the crontab program failed, or this user may not use it',
    remedy: 'nothing was changed: see its message above, and /etc/cron.allow and /etc/cron.deny',
  },
  QUERY_EMPTY: { exit: 2, cause: 'SQL without a statement', remedy: 'give SQL as the argument, with -f, or on stdin' },

  PORT_IN_USE: {
    exit: 2,
    cause: 'another program listens at the address that `serve` was to use',
    remedy: 'give another port with --port, or end that program',
  },

  WEB_NOT_FOUND: { exit: 2, cause: 'a web address that `serve` does not have', remedy: 'begin at /' },
  WEB_METHOD: { exit: 2, cause: 'a method that a web address does not have', remedy: 'see docs/api.md' },
  WEB_REFUSED: {
    exit: 2,
    cause: 'a request that a page of somebody else could have made',
    remedy: 'ask from a page of finance-db itself, or send the headers that docs/api.md names',
  },
  WEB_TOKEN: {
    exit: 2,
    cause: 'the server asks for its token, and none or another was sent',
    remedy: 'open the address that `finance-db serve` printed, with its token',
  },
  WEB_TOO_LARGE: { exit: 2, cause: 'a request that is larger than the server takes', remedy: 'send less' },
  WEB_BUSY: {
    exit: 4,
    cause: 'more questions at once than the server answers',
    remedy: 'ask again in a moment',
  },

  PG_UNREACHABLE: {
    exit: 3,
    cause: 'no PostgreSQL server answers at the configured address',
    remedy: 'check DATABASE_URL or PGHOST and PGPORT, and that the server runs; unset them to use the embedded server',
  },
  PG_NOT_CONFIGURED: {
    exit: 3,
    cause: 'no PostgreSQL is named, and no embedded server was made',
    remedy: 'set DATABASE_URL, or make an embedded server with `finance-db init`',
  },
  PG_AUTH: { exit: 3, cause: 'PostgreSQL refused the user or password', remedy: 'check the user and password' },
  PG_CERTIFICATE: {
    exit: 3,
    cause: 'the server has a certificate that the settings do not trust, or does not trust ours',
    remedy: 'check sslrootcert (the authority that signed it), sslmode, the name of the host, and sslcert with sslkey',
  },
  PG_TLS: {
    exit: 3,
    cause: 'the server offers no connection as secure as the settings ask for',
    remedy: 'check sslmode, sslnegotiation and the TLS versions, or switch TLS on at the server',
  },
  PG_TOO_MANY_CONNECTIONS: {
    exit: 3,
    cause: 'the server, the database or the role allows no further connection',
    remedy: 'wait for others to end, or raise max_connections or the CONNECTION LIMIT of the role',
  },
  PG_LOCKED: {
    exit: 3,
    cause: 'somebody changes the definition of a table, or holds it locked for themselves',
    remedy: 'run the command again when they are done, or wait longer with FINANCE_DB_LOCK_WAIT (seconds)',
  },
  PG_SESSION_ATTRS: {
    exit: 3,
    cause: 'no server of the list is what target_session_attrs asks for',
    remedy: 'check target_session_attrs and the list of hosts',
  },
  PG_DATABASE_MISSING: { exit: 3, cause: 'the database does not exist', remedy: 'create it or correct its name' },
  PG_PERMISSION: {
    exit: 3,
    cause: 'the role may not read what is to be synced',
    remedy: 'GRANT SELECT on the table (and USAGE on its schema) to the role',
  },
  PG_TABLE_MISSING: {
    exit: 3,
    cause: 'a configured table does not exist in the source',
    remedy: 'create it with `finance-db init`, or correct FINANCE_DB_TABLES',
  },
  PG_NO_PARTITION: {
    exit: 3,
    cause: 'a row for which a partitioned table has no partition',
    remedy:
      '`finance-db partitions` lists those that there are, and `--ahead 3` makes coming months; make others with CREATE TABLE … PARTITION OF',
  },
  PG_TABLE_SHAPE: {
    exit: 3,
    cause: 'a table of that name exists with another shape',
    remedy: 'use another database, or rename the existing table',
  },
  PG_EMBEDDED: { exit: 3, cause: 'the embedded PostgreSQL server could not be used', remedy: 'see the message' },
  PG_CONNECTION_LOST: {
    exit: 3,
    cause: 'the connection to PostgreSQL ended too early',
    remedy: 'run the command again',
  },
  PG_QUERY: { exit: 3, cause: 'PostgreSQL refused a statement', remedy: 'see the message of PostgreSQL above' },

  PG_WAL_LEVEL: {
    exit: 3,
    cause: "the server's log does not hold what following needs (wal_level)",
    remedy: 'see `finance-db follow --print-setup`; `finance-db sync` needs none of it',
  },
  PG_REPLICATION_ROLE: {
    exit: 3,
    cause: 'the role may not stream changes',
    remedy: 'ALTER ROLE … REPLICATION (`finance-db follow --print-setup`); `finance-db sync` needs none of it',
  },
  PG_PUBLICATION: {
    exit: 3,
    cause: 'the publication does not exist, or does not publish all of what is to be followed',
    remedy: 'see `finance-db follow --print-setup`; `finance-db sync` needs none of it',
  },
  PG_NO_SLOT: {
    exit: 3,
    cause: 'all replication slots or senders of the server are taken, or a slot is not what it was',
    remedy: 'raise max_replication_slots and max_wal_senders, or drop a slot; `finance-db sync` needs none of it',
  },
  PG_POOLER: {
    exit: 3,
    cause: 'a pooler stands between, which passes no streams of changes on',
    remedy: 'give the address of the server itself; `finance-db sync` works through poolers',
  },
  PG_STANDBY: {
    exit: 3,
    cause: 'this standby cannot be followed now',
    remedy: 'give the address of the primary; `finance-db sync` works with standbys',
  },
  PG_SYNC_STANDBY: {
    exit: 3,
    cause: "the server's synchronous_standby_names include us, so that its commits would wait for our file",
    remedy:
      'name the standbys in synchronous_standby_names instead of *, or set application_name in the connection string; `finance-db sync` needs none of it',
  },

  DUCKDB_MISSING: { exit: 4, cause: 'no DuckDB file was published yet', remedy: 'run `finance-db sync` first' },
  DUCKDB_UNREADABLE: {
    exit: 4,
    cause: 'the file is damaged or not a DuckDB database',
    remedy: 'run `finance-db sync`: it sets the file aside and rebuilds it from PostgreSQL',
  },
  DUCKDB_NOT_OURS: {
    exit: 4,
    cause: 'what lies at the place of the DuckDB file is not of finance-db',
    remedy: 'name another place with --duckdb (FINANCE_DB_DUCKDB), or move that file away',
  },
  IMPORT_LOCKED: {
    exit: 4,
    cause: 'another import into the same database does not end',
    remedy:
      'run the command again when it is done; if it hangs, end it (`SELECT pg_terminate_backend(PROCESS)`: nothing of it comes in), or wait longer with FINANCE_DB_LOCK_WAIT (seconds)',
  },
  INBOX_LOCKED: {
    exit: 4,
    cause: 'another import works on the same inbox',
    remedy: 'wait for it: it takes what lies there, and what comes later is for the next run',
  },
  DUCKDB_LOCKED: { exit: 4, cause: 'another program holds the file open for writing', remedy: 'close that program' },
  DUCKDB_NOT_WRITABLE: {
    exit: 4,
    cause: 'the folder of the DuckDB file cannot be written',
    remedy: 'correct its permissions, or choose another place with --duckdb',
  },
  DUCKDB_MEMORY: {
    exit: 4,
    cause: 'DuckDB needs more memory than it may use',
    remedy: 'allow it more with --memory or FINANCE_DB_MEMORY, such as 1GB',
  },
  DISK_FULL: { exit: 4, cause: 'no space left on the disk', remedy: 'free some space and run the command again' },
  SYNC_LOCKED: { exit: 4, cause: 'another sync is running', remedy: 'wait for it, or give --wait SECONDS' },

  LAKE_MISSING: { exit: 4, cause: 'no table was published to the lake yet', remedy: 'run `finance-db lake` first' },
  LAKE_UNREADABLE: {
    exit: 4,
    cause: 'a file of the lake is missing or damaged',
    remedy: 'see which with `finance-db lake --verify`; `finance-db lake --rebuild` writes the table anew',
  },
  LAKE_NOT_OURS: {
    exit: 4,
    cause: 'another program wrote to a table of the lake, or it lies elsewhere than it says',
    remedy: 'publish to another place (--to), or remove the table there if nobody needs it',
  },
  LAKE_CONFLICT: {
    exit: 4,
    cause: 'another writer changed the lake meanwhile',
    remedy: 'run the command again: it builds on what the other one wrote',
  },
  LAKE_STORE: {
    exit: 4,
    cause: 'the store of the lake fails, refuses or does not answer',
    remedy: 'check the place, the credentials and the endpoint (docs/lake.md), and run the command again',
  },

  DAMAGED: { exit: 5, cause: 'the DuckDB file differs from PostgreSQL', remedy: 'run `finance-db validate --repair`' },

  FOLLOW_REFUSED: {
    exit: 6,
    cause: 'a table whose changes no stream tells exactly',
    remedy: 'leave it to `finance-db sync`: name the tables to follow in FINANCE_DB_TABLES',
  },
  TYPE_REFUSED: {
    exit: 6,
    cause: 'a column has a type that cannot be kept exactly',
    remedy: 'leave the column out with a view, or cast it there',
  },
  VALUE_REFUSED: {
    exit: 6,
    cause: 'a value that the DuckDB type cannot hold exactly',
    remedy: 'correct the row in PostgreSQL, or change the type of its column; nothing was published',
  },

  QUERY_FAILED: { exit: 7, cause: 'DuckDB refused the SQL', remedy: 'correct the SQL' },
  QUERY_TIMEOUT: {
    exit: 7,
    cause: 'a query or report took longer than --timeout',
    remedy: 'ask for less, or allow more time',
  },
  QUERY_TOO_LARGE: {
    exit: 7,
    cause: 'a value of the result is too large to be shown',
    remedy: 'ask for a part of it (left(text, n), list[1:n], unnest), or write it with -o FILE.parquet',
  },
  QUERY_NOT_READ_ONLY: {
    exit: 7,
    cause: 'the SQL tries to write',
    remedy: 'queries are read-only; write to PostgreSQL and run `finance-db sync`',
  },

  STALE: {
    exit: 8,
    cause: 'with `status --check`: the last sync is longer ago than --max-age',
    remedy: 'see why no sync has run: `finance-db sync`, or its log',
  },

  INTERRUPTED: { exit: 130, cause: 'Ctrl-C', remedy: 'nothing was published or changed' },
  TERMINATED: { exit: 143, cause: 'a termination signal', remedy: 'nothing was published or changed' },
} as const satisfies Record<string, { exit: number; cause: string; remedy: string }>;

export type ErrorCode = keyof typeof ERROR_CODES;
