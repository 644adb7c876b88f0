import { type Command, Option } from 'commander';
import { once, parseCount, parseJobs, parseSeconds } from '../flagValues.ts';
import { addFollowOptions } from '../followOptions.ts';
import type { Runs } from './runs.ts';

/** Commands that keep the DuckDB file equal to PostgreSQL, and prove it. */
export function declareIntoDuckdb(program: Command, runs: Runs): void {
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
      .option('--max-age <span>', 'beside a follower: a file that is at most so old will do, as 90s, 5m, 1h')
      .option('--checkpoint', 'have the server write a checkpoint, so that its log tells what need not be read')
      .option('--await-checkpoint <seconds>', "wait so long for the server's own checkpoint instead", parseSeconds, 0)
      .option('--memory <size>', 'memory that DuckDB may use, such as 500MB')
      .option('--indexes', 'create indexes on timestamp, merchant and category in the DuckDB file'),
    async (context, flags) => (await import('../commands/sync.ts')).syncCommand(context, flags),
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
    async (context, flags) => (await import('../commands/follow.ts')).followCommand(context, flags),
  );
  runs(
    program
      .command('validate')
      .description('prove that the DuckDB file equals PostgreSQL, or name the rows that differ')
      .option('--quick', 'compare counts and column sums only')
      .option('--repair', 'read the damaged rows again and publish the mended file')
      .option('--limit <n>', 'name so many differences', parseCount, 20),
    async (context, flags) => (await import('../commands/validate.ts')).validateCommand(context, flags),
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
    async (context, flags) => (await import('../commands/status.ts')).statusCommand(context, flags),
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
    async (context, flags) => (await import('../commands/schedule.ts')).scheduleCommand(context, flags),
  );
}
