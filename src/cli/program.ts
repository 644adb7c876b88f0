import { Argument, Command, type CommanderError, Option } from 'commander';
import type { StatsFlags } from '../app/stats/statsFlags.ts';
import { type ConfigFlags, loadConfig } from '../config/config.ts';
import { columnsOf, type Io, wantsAscii } from '../io.ts';
import { VERSION } from '../version.ts';
import { checkFlags, flagsBefore, refuseExcess, refuseOtherEncodings } from './commandLine.ts';
import type { QueryFlags } from './commands/query.ts';
import type { CommandContext } from './context.ts';
import { once, parseCount, parseCountOrZero, parseJobs, parseSeconds, repeated } from './flagValues.ts';
import { addFollowOptions } from './followOptions.ts';
import { HELP_TEXTS } from './helpTexts.ts';
import { addStatsOptions } from './statsOptions.ts';

/** The flags that every command takes. */
interface SharedFlags extends ConfigFlags {
  readonly json?: boolean;
  readonly quiet?: boolean;
  readonly verbose?: boolean;
  readonly color: boolean;
  readonly ascii?: boolean;
}

/** What a command's module exports: it parses nothing and formats nothing itself. */
type Outcome = Promise<number | undefined | undefined>;

const LAKE = 'read the lake (FINANCE_DB_LAKE) instead of the DuckDB file';

const TIMEOUT = 'stop after so many seconds (default: never)';

/** Help that is neither on a terminal nor told by COLUMNS. */
const HELP_COLUMNS = 100;

/** What `import` reads (StatementFormat). */
const FORMATS = ['csv', 'ofx', 'qif', 'camt', 'mt940'];

/** The exit code of the command that ran, kept beside its program. */
const exitCodes = new WeakMap<Command, number>();

/** Declares every command and flag. The modules of the commands are loaded only when they run. */
export function buildProgram(io: Io, env: NodeJS.ProcessEnv): Command {
  const program = new Command('finance-db');
  program
    .description(
      'Keeps a local DuckDB file exactly equal to PostgreSQL tables, proves it, and answers money questions from it.',
    )
    .helpCommand(true)
    // What stands before the command is the program's, what stands behind it the command's.
    .enablePositionalOptions();
  addSharedOptions(program);

  /** Wires one command: configuration, then the module, then its exit code. */
  const runs = (command: Command, action: (context: CommandContext, flags: never, args: string[]) => Outcome): void => {
    addSharedOptions(command);
    // Told below, in words that name what is too much.
    command.allowExcessArguments(true);
    command.action(async () => {
      refuseExcess(command);
      const flags = { ...command.opts<SharedFlags>(), ...flagsBefore(command) };
      const code = await action(createContext(flags, io, env), flags as never, command.args);
      exitCodes.set(program, code ?? 0);
    });
  };
  declareCommands(program, runs);
  for (const command of [program, ...program.commands]) {
    checkFlags(command);
    const text = HELP_TEXTS[command === program ? '' : command.name()];
    if (text !== undefined) command.addHelpText('after', text);
    command.exitOverride((error) => {
      throw Object.assign(error, { command });
    });
    command.configureOutput({
      writeOut: (text) => io.stdout.write(text),
      // Of a topic that there is not, the error says enough.
      writeErr: (text) => program.args[0] === 'help' || io.stderr.write(text),
      // Told by reportError, as all errors are.
      outputError: () => undefined,
      getOutHelpWidth: () => columnsOf(io.stdout, env, HELP_COLUMNS),
      getErrHelpWidth: () => columnsOf(io.stderr, env, HELP_COLUMNS),
    });
  }
  return program;
}

/** Parses and runs; bare `finance-db` prints help. */
export async function parseProgram(program: Command, argv: readonly string[]): Promise<number> {
  refuseOtherEncodings(argv);
  program
    .optionsGroup('Options:')
    .version(argv.includes('--json') ? JSON.stringify({ status: 'ok', version: VERSION }) : VERSION, ...VERSION_FLAG);
  if (argv.length === 0 || (argv.length === 1 && argv[0] === '--')) {
    program.outputHelp();
    return 0;
  }
  await program.parseAsync([...argv], { from: 'user' });
  return exitCodes.get(program) ?? 0;
}

/** A command line as commander failed to parse it; `command` is where. */
export type ParsingError = CommanderError & { readonly command?: Command };

const VERSION_FLAG = ['-V, --version', 'output the version number'] as const;

function declareCommands(
  program: Command,
  runs: (command: Command, action: (context: CommandContext, flags: never, args: string[]) => Outcome) => void,
): void {
  runs(
    program
      .command('init')
      .description('create the PostgreSQL table and load sample data or a CSV file')
      .option('--sample [rows]', 'load a generated household (default 5000 rows over two years)', parseCount)
      .option('--no-sample', 'create the table only')
      .option('--from <file.csv>', "load a CSV file with the table's columns, all of it or nothing", once)
      .addOption(
        new Option('--partition-by <span>', 'make it a partitioned table, for many millions of rows').choices([
          'month',
        ]),
      )
      .option('--reset', 'drop the existing table first (needs --yes)')
      .option('--yes', 'confirm --reset'),
    async (context, flags) => (await import('./commands/init.ts')).initCommand(context, flags),
  );
  runs(
    program
      .command('import [files...]')
      .description('bank statements into PostgreSQL: CSV, OFX, QIF, CAMT, MT940; files, folders, archives, - for stdin')
      .option(
        '--account <name>',
        "the account that the file's rows belong to (default: as the file or profile calls it)",
      )
      .addOption(new Option('--format <format>', 'read as this format (default: by content)').choices(FORMATS))
      .option('--profile <name>', 'read a CSV file by this profile (default: the one whose header fits)')
      .option('--encoding <name>', 'read text in this encoding, such as cp850 (default: by content)')
      .addOption(
        new Option('--date-order <order>', 'for QIF and CSV files that leave it open').choices(['DMY', 'MDY', 'YMD']),
      )
      .option('--dry-run', 'show what would come in, and write nothing')
      .option('--all-new', 'nothing in the file has come before: for banks that export only what is new')
      .option('--inbox <dir>', 'import what lies in a folder, and move it to done/ or refused/')
      .option('--learn', 'keep the guessed layout of a CSV file as a profile, to be looked at and edited')
      .option('--yes', 'with --learn: it is right as it is shown, import the file too')
      .option('--list [id]', 'the imports so far, or what became of each entry of one')
      .option('--undo <id>', 'delete the rows of an import, but for those seen elsewhere or edited')
      .option('--force', 'with --undo: the edited ones too')
      .option('--restore <id>', 'bring back rows of an import that were deleted'),
    async (context, flags, args) => (await import('./commands/import.ts')).importCommand(context, args, flags),
  );
  runs(
    program
      .command('categorize')
      .description(
        'suggest categories for rows without one, learnt from the rows that you have filed; or apply your rules',
      )
      .option('--apply', 'file all rows whose suggestion is sure enough, without asking')
      .option('--min-confidence <p>', 'with --apply: how sure, from 0 to 1 (default 0.9)', once)
      .option('--undo', 'take the latest run back: rows that still have what it gave them lose it')
      .option('--report', 'how right suggestions would have been on your own later rows')
      .option('--since <day>', 'with --report: judge rows from this day on (default: about the last quarter)', once)
      .option('--rules', 'apply $FINANCE_DB_HOME/rules.csv to all rows whose category no person has chosen')
      .option('--dry-run', 'with --rules: show what would change, and write nothing'),
    async (context, flags) => (await import('./commands/categorize.ts')).categorizeCommand(context, flags),
  );
  runs(
    program
      .command('rates')
      .description('exchange rates into PostgreSQL, and amounts without a normalized amount into the base currency')
      .option('--from <file>', "the European Central Bank's history: eurofxref-hist.zip, or the .csv in it"),
    async (context, flags) => (await import('./commands/rates.ts')).ratesCommand(context, flags),
  );
  runs(
    program
      .command('sync')
      .description('bring the DuckDB file up to date with PostgreSQL')
      .option('--full', 'load everything anew')
      .option('--new-source', 'replace the data of another PostgreSQL database, which is refused otherwise')
      .option('--validate', 'compare both sides in the snapshot just synced, before publishing')
      .option('--stats', 'print the overview afterwards')
      .option('--tables <list>', 'sync these tables instead of FINANCE_DB_TABLES: a,schema.b')
      .option('--jobs <n>', 'connections that read in parallel (1-64)', parseJobs)
      .option('--wait <seconds>', 'wait so long for another sync to end', parseSeconds, 0)
      .option('--checkpoint', 'have the server write a checkpoint, so that its log tells what need not be read')
      .option('--await-checkpoint <seconds>', "wait so long for the server's own checkpoint instead", parseSeconds, 0)
      .option('--memory <size>', 'memory that DuckDB may use, such as 500MB')
      .option('--indexes', 'create indexes on timestamp, merchant and category in the DuckDB file'),
    async (context, flags) => (await import('./commands/sync.ts')).syncCommand(context, flags),
  );
  runs(
    addFollowOptions(
      program
        .command('follow')
        .description("keep the DuckDB file equal to PostgreSQL half a second behind, by the server's stream of changes")
        .option('--once', 'come to where the server is now, publish, and end: for cron'),
    )
      .option('--drop-slot <name>', 'drop a slot that --keep-slot made, and end', once)
      .option('--wait <seconds>', 'wait so long for another sync to end', parseSeconds, 0)
      .option('--memory <size>', 'memory that DuckDB may use, such as 500MB')
      .option('--print-setup', 'print the SQL that the owner of the database has to run once, and what it means'),
    async (context, flags) => (await import('./commands/follow.ts')).followCommand(context, flags),
  );
  runs(
    program
      .command('validate')
      .description('prove that the DuckDB file equals PostgreSQL, or name the rows that differ')
      .option('--quick', 'compare counts and column sums only')
      .option('--repair', 'read the damaged rows again and publish the mended file')
      .option('--limit <n>', 'name so many differences', parseCount, 20),
    async (context, flags) => (await import('./commands/validate.ts')).validateCommand(context, flags),
  );
  runs(
    addStatsOptions(program.command('stats [report]').description('money reports from the DuckDB file')).option(
      '--timeout <seconds>',
      TIMEOUT,
      parseSeconds,
    ),
    async (context, flags: StatsFlags & OverLake, args) =>
      overLake(context, flags, 'reports', async (given) =>
        (await import('./commands/stats.ts')).statsCommand(given, args[0], flags),
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
        (await import('./commands/query.ts')).queryCommand(given, args[0], flags),
      ),
  );
  runs(
    program
      .command('status')
      .description('health: PostgreSQL, the DuckDB file, the last sync, lag, locks, disk')
      .option('--check', 'for monitoring: one line, and an exit code for fresh, stale, unreachable, missing, damaged')
      .option(
        '--max-age <span>',
        'with --check: stale when the last sync is longer ago, as 90s, 15m, 2h, 1d (default 15m)',
      ),
    async (context, flags) => (await import('./commands/status.ts')).statusCommand(context, flags),
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
    async (context, flags) => (await import('./commands/lake.ts')).lakeCommand(context, flags),
  );
  runs(
    program
      .command('partitions [table]')
      .description('list the partitions of a table (default: transactions), make the next months, let old ones go')
      .option('--ahead <months>', 'make the months that are missing, up to so many from now', parseCount)
      .option('--keep <span>', 'name the partitions that are wholly older, as 24mo, 7y, 90d', once)
      .option('--yes', 'with --keep: detach them, without locking anybody out'),
    async (context, flags, args) =>
      (await import('./commands/partitions.ts')).partitionsCommand(context, args[0], flags),
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
    async (context, flags) => (await import('./commands/serve.ts')).serveCommand(context, flags),
  );
  runs(
    program
      .command('postgres [program...]')
      .description('the embedded server for another program, such as psql, or until Ctrl-C')
      // What stands behind the program is its own.
      .passThroughOptions(),
    async (context, _flags, args) => (await import('./commands/postgres.ts')).postgresCommand(context, args),
  );
  runs(
    addFollowOptions(
      program
        .command('schedule')
        .description('print a crontab entry that syncs regularly, or keep it in your crontab')
        .option('--every <interval>', 'how often: 5m, 1h, 1d …', '5m')
        .option('--inbox <dir>', 'import what lies in this folder before each sync')
        .option('--follow', 'print a systemd service that runs `finance-db follow` instead'),
      'with --follow: ',
    )
      .option('--install', 'put it into your crontab, or bring it up to date there; other lines stay as they are')
      .option('--remove', 'take it out of your crontab')
      .addOption(
        new Option('--systemd [unit]', 'print a systemd service and timer instead, or one of them').choices([
          'service',
          'timer',
        ]),
      ),
    async (context, flags) => (await import('./commands/schedule.ts')).scheduleCommand(context, flags),
  );
  runs(
    program
      .command('completion')
      .description('print a script that completes commands, flags and their values in your shell')
      .addArgument(new Argument('<shell>', 'your shell').choices(['bash', 'zsh', 'fish'])),
    async (context, _flags, args) =>
      (await import('./commands/completion.ts')).completionCommand(context, args[0] ?? '', program),
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
  return (await import('./commands/lake.ts')).readLake(context, how, run);
}

const SHARED_GROUP = 'Flags of every command, before its name or behind it:';

function addSharedOptions(command: Command): void {
  command
    .optionsGroup(SHARED_GROUP)
    .option('--json', 'print one JSON document on stdout')
    .option('-q, --quiet', 'print results and errors only')
    .option('--verbose', 'say more, with stack traces for errors')
    .option('--no-color', 'no colours (also NO_COLOR)')
    .option('--ascii', 'draw with ASCII characters alone (also a locale that is not UTF-8)')
    .option('--env-file <file>', 'settings file (default .env in the working folder)')
    .option('--database-url <url>', 'PostgreSQL (DATABASE_URL; default: the embedded server)')
    .option('--duckdb <file>', 'the DuckDB file (FINANCE_DB_DUCKDB)')
    .option('--home <dir>', "the tool's folder (FINANCE_DB_HOME)");
}

function createContext(flags: SharedFlags, io: Io, env: NodeJS.ProcessEnv): CommandContext {
  const config = loadConfig(flags, env, io.cwd);
  if (flags.quiet !== true) for (const warning of config.warnings) io.stderr.write(`warning: ${warning}\n`);
  return {
    io,
    env,
    config,
    output: {
      json: flags.json === true,
      quiet: flags.quiet === true,
      verbose: flags.verbose === true,
      color: flags.color && !env.NO_COLOR && env.TERM !== 'dumb' && io.stdout.isTTY === true,
      ascii: wantsAscii(flags.ascii, env),
      dumb: env.TERM === 'dumb',
    },
  };
}
