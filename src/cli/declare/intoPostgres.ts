import { type Command, Option } from 'commander';
import { once, parseCount } from '../flagValues.ts';
import type { Runs } from './runs.ts';

/** What `import` reads (StatementFormat). */
const FORMATS = ['csv', 'ofx', 'qif', 'camt', 'mt940'];

/** Commands that bring money into PostgreSQL, and look after it there. */
export function declareIntoPostgres(program: Command, runs: Runs): void {
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
    async (context, flags) => (await import('../commands/init.ts')).initCommand(context, flags),
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
    async (context, flags, args) => (await import('../commands/import.ts')).importCommand(context, args, flags),
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
    async (context, flags) => (await import('../commands/categorize.ts')).categorizeCommand(context, flags),
  );
  runs(
    program
      .command('rates')
      .description('exchange rates into PostgreSQL, and amounts without a normalized amount into the base currency')
      .option('--from <file>', "the European Central Bank's history: eurofxref-hist.zip, or the .csv in it"),
    async (context, flags) => (await import('../commands/rates.ts')).ratesCommand(context, flags),
  );
  runs(
    program
      .command('partitions [table]')
      .description('list the partitions of a table (default: transactions), make the next months, let old ones go')
      .option('--ahead <months>', 'make the months that are missing, up to so many from now', parseCount)
      .option('--keep <span>', 'name the partitions that are wholly older, as 24mo, 7y, 90d', once)
      .option('--yes', 'with --keep: detach them, without locking anybody out'),
    async (context, flags, args) =>
      (await import('../commands/partitions.ts')).partitionsCommand(context, args[0], flags),
  );
  runs(
    program
      .command('postgres [program...]')
      .description('the embedded server for another program, such as psql, or until Ctrl-C')
      // What stands behind the program is its own.
      .passThroughOptions(),
    async (context, _flags, args) => (await import('../commands/postgres.ts')).postgresCommand(context, args),
  );
}
