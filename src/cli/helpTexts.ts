import { REPORT_SUMMARIES } from '../model/reportNames.ts';
import { TRANSACTIONS_NAMES } from '../model/transactionsTable.ts';

const REPORTS = Object.entries(REPORT_SUMMARIES).map(([name, summary]) => `  ${name.padEnd(11)} ${summary}`);

/** What stands below the flags in the help of a command: how it is used, in a few lines. `''` is the program's own. */
export const HELP_TEXTS: Readonly<Record<string, string>> = {
  '': `
To begin: \`finance-db init\`, \`finance-db sync\`, \`finance-db stats\`.
Exit codes: 0 done, 2 usage, 3 PostgreSQL, 4 DuckDB file, 5 damage found,
6 source refused, 7 query, 8 stale, 130 and 143 interrupted.
Settings come from flags, the environment and .env; README lists them.`,
  init: `
The first line of a CSV file names its columns, in any order:
  ${TRANSACTIONS_NAMES.slice(0, 9).join(', ')},
  ${TRANSACTIONS_NAMES.slice(9).join(', ')}
tx_id, timestamp and amount must be there. Without currency it is the base
currency, without normalized_amount that is the amount of rows in the base
currency; other columns are NULL where they are missing.`,
  stats: `
Reports (overview unless one is named):
${REPORTS.join('\n')}`,
  sync: `
Examples:
  finance-db sync --validate              and prove it before it is published
  finance-db sync --tables a,schema.b     these tables, and no others
  finance-db sync --wait 60               wait for another one to end`,
  follow: `
Runs until it is stopped (Ctrl-C); the file is whole and exact at every moment,
and \`finance-db sync\` can go on from it. It needs wal_level = logical, a
publication and the right to replicate; \`finance-db sync\` needs none of them.
  finance-db follow --print-setup         what its owner has to run once
  finance-db follow --once                for cron: catch up, and end
  finance-db schedule --follow            a systemd service that follows`,
  validate: `
Exit 0: equal, or merely behind PostgreSQL. Exit 5: damaged; the rows
and columns that differ are named.`,
  query: `
Examples:
  finance-db query "SELECT count(*) FROM transactions"
  finance-db query -f report.sql --param since=2024-01-01 -o report.csv
  finance-db query --saved merchant --param merchant=amazon
  finance-db query                        a prompt, on a terminal`,
  status: `
Exit 0 whatever it finds, but with --check:
  0 fresh    the last sync is at most --max-age ago, or nothing happened since
  2          the file belongs to another database
  3          PostgreSQL is unreachable
  4          there is no file, none but the sample, or none that can be read
  5          the last validation found damage
  8 stale    the last sync is longer ago`,
  partitions: `
Examples:
  finance-db partitions                   which there are, and how large
  finance-db partitions --ahead 3         for cron: the next three months
  finance-db partitions --keep 24mo       what would go; with --yes it goes
Needs the rights of the table's owner, but for the list. Detached partitions
stay as tables of their own; the DuckDB file follows at the next sync.`,
  serve: `
Examples:
  finance-db serve --open                 the dashboard in your browser
  finance-db serve --no-sync --port 9000  what is there, on another port
  finance-db serve --host 0.0.0.0 --allow-host money.example.com
Ends with Ctrl-C. The pages and the API are described in docs/dashboard.md
and docs/api.md.`,
  lake: `
Examples:
  finance-db lake --to /srv/lake          sync, then publish what changed
  finance-db lake --to s3://bucket/money  with AWS_ACCESS_KEY_ID and the like
  finance-db lake --without-file          the same, and no DuckDB file is needed
  finance-db lake --verify                prove its files, row by row
How engines read it is in docs/lake.md.`,
  postgres: `
Examples:
  finance-db postgres psql                a prompt of PostgreSQL's own
  finance-db postgres pg_dump > all.sql   a copy of everything
  finance-db postgres                     keep it open, and say how to connect
The program finds the server by PGHOST, PGPORT, PGUSER and PGDATABASE. Its
flags stand behind it; its exit code is that of the command.`,
  schedule: `
Examples:
  finance-db schedule                     look at the entry
  finance-db schedule --install           into your crontab, every five minutes
  finance-db schedule --every 1h --install
A password never goes into the crontab: put it into a file and give --env-file,
or use ~/.pgpass.`,
  completion: `
Examples:
  eval "$(finance-db completion bash)"    in ~/.bashrc
  source <(finance-db completion zsh)     in ~/.zshrc, after compinit
  finance-db completion fish > ~/.config/fish/completions/finance-db.fish`,
};
