import { type Command, Option } from 'commander';
import type { StatsFlags } from '../../app/stats/statsFlags.ts';
import type { ConfigFlags } from '../../config/config.ts';
import type { QueryFlags } from '../commands/query.ts';
import type { CommandContext } from '../context.ts';
import { parseCount, parseCountOrZero, parseSeconds, repeated } from '../flagValues.ts';
import { addFollowOptions } from '../followOptions.ts';
import { addStatsOptions } from '../statsOptions.ts';
import type { Runs } from './runs.ts';

const LAKE = 'read the lake (FINANCE_DB_LAKE) instead of the DuckDB file';

const TIMEOUT = 'stop after so many seconds (default: never)';

/** Commands that answer questions from the DuckDB file, or let other programs ask them. */
export function declareAnswers(program: Command, runs: Runs): void {
  runs(
    addStatsOptions(program.command('stats [report]').description('money reports from the DuckDB file')).option(
      '--timeout <seconds>',
      TIMEOUT,
      parseSeconds,
    ),
    async (context, flags: StatsFlags & OverLake, args) =>
      overLake(context, flags, 'reports', async (given) =>
        (await import('../commands/stats.ts')).statsCommand(given, args[0], flags),
      ),
  );
  runs(
    program
      .command('query [sql]')
      .description('read-only SQL against the DuckDB file; from the argument, -f, stdin, or typed at a prompt')
      .option('-f, --file <file.sql>', 'read the SQL from a file (- is stdin)')
      .option('--param <name=value>', 'value of $name in the SQL, or name:type=value; repeat for more', repeated)
      .addOption(
        new Option('--format <format>', 'how to print (default: table)').choices([
          'table',
          'csv',
          'tsv',
          'json',
          'jsonl',
          'markdown',
        ]),
      )
      .option(
        '-o, --output <file>',
        'write the result to a file: .csv .tsv .json .jsonl .ndjson .md .parquet (- is stdout)',
      )
      .option(
        '--max-rows <n>',
        'rows a table shows, first and last halves (default 100 on a terminal, 10000 otherwise; 0: all)',
        parseCountOrZero,
      )
      .option('--timeout <seconds>', TIMEOUT, parseSeconds)
      .option('--saved <name>', 'run a saved query')
      .option('--lake', LAKE)
      .option('--list', 'list the saved queries'),
    async (context, flags: QueryFlags & OverLake, args) =>
      overLake(context, flags, 'queries', async (given) =>
        (await import('../commands/query.ts')).queryCommand(given, args[0], flags),
      ),
  );
  runs(
    addFollowOptions(
      program
        .command('serve')
        .description('the dashboard and a read-only REST API on http://localhost:8501, always fresh and always proven')
        .option('--port <port>', 'the port (default 8501; 0 takes any that is free)')
        .option('--host <address>', 'listen at this address instead of this machine alone; asks for a token')
        .option('--open', 'open it in the browser')
        .option('--max-age <span>', 'sync when the last check is longer ago, as 90s, 5m, 1h (default 5m)')
        .option('--no-sync', 'never sync by itself')
        .option('--follow', 'keep a `finance-db follow` running instead of syncing by age'),
      'with --follow: ',
    )
      .option('--token <token>', 'ask for this token (default: none on this machine, a random one elsewhere)')
      .option('--base-path <path>', 'the path that it is served under behind a proxy, such as /money')
      .option('--allow-host <name>', 'a name that it may be asked for beside localhost (may be repeated)', repeated)
      .option('--trust-proxy', "believe a proxy's X-Forwarded-Host and X-Forwarded-Proto")
      .option('--no-sql', 'without the SQL page and POST query'),
    async (context, flags) => (await import('../commands/serve.ts')).serveCommand(context, flags),
  );
  runs(
    program
      .command('lake')
      .description('the same exact rows as Iceberg tables in a folder or S3 store, for Spark, Trino, ClickHouse')
      .addOption(settingOption('--to <place>', 'a folder, or s3://BUCKET/PREFIX (FINANCE_DB_LAKE)', 'lakePlace'))
      .option('--tables <list>', 'publish these tables instead of FINANCE_DB_TABLES: a,schema.b')
      .option('--no-sync', 'publish the DuckDB file as it is, without a sync before')
      .option('--without-file', 'read PostgreSQL itself, leaf by leaf: no DuckDB file is made or needed')
      .option('--catalog <name>', 'an Iceberg catalogue (JDBC) in PostgreSQL to keep up to date')
      .option('--rebuild', 'write all files anew')
      .option('--expire <span>', 'let go of snapshots that were replaced longer ago, as 12h, 7d (default 7d)')
      .option('--verify', 'prove that the files of the lake equal PostgreSQL, or name the rows that differ')
      .option('--limit <n>', 'with --verify: name so many differences', parseCount, 20)
      .addOption(
        new Option('--engine-sql <engine>', 'print SQL that gives count, sums and md5 in an engine itself').choices([
          'spark',
          'trino',
          'clickhouse',
          'duckdb',
        ]),
      )
      .option('--memory <size>', 'memory that DuckDB may use, such as 500MB'),
    async (context, flags) => (await import('../commands/lake.ts')).lakeCommand(context, flags),
  );
}

/** A flag that stands for a setting and is spelled like another command's flag that does not. */
function settingOption(flags: string, description: string, name: keyof ConfigFlags): Option {
  const option = new Option(flags, description);
  option.attributeName = () => name;
  return option;
}

interface OverLake {
  readonly lake?: boolean;
}

/** Runs a reading command, with --lake on the lake. */
async function overLake(
  context: CommandContext,
  { lake }: OverLake,
  how: 'reports' | 'queries',
  run: (context: CommandContext) => Promise<number>,
): Promise<number> {
  if (lake !== true) return run(context);
  return (await import('../commands/readLake.ts')).readLake(context, how, run);
}
