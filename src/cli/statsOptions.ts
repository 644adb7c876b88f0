import { type Command, Option } from 'commander';
import { parseCount, repeated } from './flagValues.ts';

/** Declares the flags of `stats`; they are checked by parseStatsFlags, which knows the words for what is wrong. */
export function addStatsOptions(command: Command): Command {
  return command
    .option('-p, --period <period>', 'such as "last month", 2024, 2024q3, 2024-03, "from 2024-01-15 to 2024-03"')
    .option('--from <date>', 'first day, or a period whose first day it is')
    .option('--to <date>', 'last day, or a period whose last day it is')
    .option('--month-start <day>', 'the day on which months begin (1-28)', parseCount)
    .option(
      '--by <interval>',
      'categories and cashflow by day, week, month, quarter or year (default month); forecast by account or category; balances by day',
    )
    .option('--months <n>', 'forecast: so many months ahead (default 3)', parseCount)
    .option('--backtest', 'forecast: how it would have done on your own past, beside plainer ways')
    .option(
      '--opening <account=amount>',
      'balances: what an account held before its first row (may be repeated)',
      repeated,
    )
    .option('--depth <n>', 'categories: 2 for subcategories')
    .option('--account <account>', 'only this account (may be repeated)', repeated)
    .option('--category <category>', 'only this category, or Category:Subcategory, or none (may be repeated)', repeated)
    .option('--merchant <text>', 'only merchants with this in their name, or /regular expression/')
    .option('--channel <channel>', 'only this channel')
    .option('--city <city>', 'only this city')
    .option('--currency <code>', 'only amounts in this original currency')
    .option('--min <amount>', 'only amounts of at least this size, in the base currency, without sign')
    .option('--max <amount>', 'only amounts of at most this size')
    .option('--income', 'income only')
    .option('--spending', 'spending only, refunds counted against it')
    .option('--with-transfers', 'keep transfers between own accounts')
    .option('--sort <key>', 'order by amount, count, average, name or last')
    .option('--limit <n>', 'so many rows', parseCount)
    .addOption(new Option('--format <format>', 'how to print').choices(['table', 'csv', 'json', 'markdown']))
    .option('--locale <locale>', 'how numbers are written: en-US (default), de-DE …')
    .option('--lake', 'read the lake (FINANCE_DB_LAKE) instead of the DuckDB file')
    .option('--sql', "print the report's SQL instead of running it");
}
