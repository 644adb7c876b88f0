import { runStats, type StatsResult, statsSql } from '../../app/stats/stats.ts';
import {
  parseReport,
  parseStatsFlags,
  requireOwnFlags,
  type StatsFlags,
  type StatsFormat,
} from '../../app/stats/statsFlags.ts';
import type { StatsInput } from '../../app/stats/statsRequest.ts';
import { openReader } from '../../duckdb/reader.ts';
import { deadline } from '../../errors/deadline.ts';
import { columnsOf } from '../../io.ts';
import { dataAgeText, sampleNotice } from '../../render/dataAgeText.ts';
import { writeJsonDocument } from '../../render/json.ts';
import { parseLocale } from '../../render/locale.ts';
import { numberStyle } from '../../render/money.ts';
import { writeText } from '../../render/sink.ts';
import { statsDocument } from '../../render/stats/json.ts';
import { separatedText } from '../../render/stats/separated.ts';
import { intervalsOf, statsText } from '../../render/stats/text.ts';
import { styledStream } from '../../render/terminalStream.ts';
import type { CommandContext } from '../context.ts';

/**
 * `finance-db stats [report]`: a report from the DuckDB file. PostgreSQL is not needed.
 * @throws FinanceDbError USAGE for flags, DUCKDB_* for the file, CONFIG for a table that reports cannot read
 */
export async function statsCommand(
  context: CommandContext,
  reportName: string | undefined,
  flags: StatsFlags,
): Promise<number> {
  const { io, config, output, env } = context;
  const report = parseReport(reportName);
  requireOwnFlags(report, flags);
  const input = parseStatsFlags(context, flags);
  const locale = parseLocale(flags.locale);
  const limit = deadline(io.signal, flags.timeout);
  const reader = await openReader(config.duckdbPath, {
    memory: config.memory,
    timeZone: config.timeZone,
    readable: config.readable,
    signal: limit.signal,
  });
  try {
    limit.signal.throwIfAborted();
    if (flags.sql) {
      await writeText(io.stdout, await statsSql(reader, report, input));
      return 0;
    }
    const result = await runStats(reader, report, input, settingOf(context));
    sayAge(context, result);
    const format: StatsFormat = flags.format ?? (output.json ? 'json' : 'table');
    if (format === 'json') await writeJsonDocument(io, statsDocument(result));
    else if (format === 'table') {
      const style = {
        width: columnsOf(io.stdout, env),
        color: output.color,
        ascii: output.ascii,
        numbers: numberStyle(locale, result.baseCurrency.currency),
      };
      await writeText(styledStream(io.stdout), statsText(result, style));
    } else
      await writeText(
        io.stdout,
        separatedText(result.table, format, intervalsOf(result), sampleNotice(result.age) !== null),
      );
    return 0;
  } finally {
    limit.clear();
    reader.close();
  }
}

/** The overview as `stats --json` prints it, for `sync --stats --json`. */
export async function overviewDocument(context: CommandContext, input: StatsInput): Promise<unknown> {
  const reader = await openReader(context.config.duckdbPath, {
    memory: context.config.memory,
    timeZone: context.config.timeZone,
    signal: context.io.signal,
  });
  try {
    return statsDocument(await runStats(reader, 'overview', input, settingOf(context)));
  } finally {
    reader.close();
  }
}

/** The base currency that somebody set; the default says nothing about a file. */
function settingOf({ config }: CommandContext): string | null {
  return config.baseCurrencyIsSet ? config.baseCurrency : null;
}

/** How current the data is, and that it is the sample when it is: on stderr, as every reading command does. */
function sayAge({ io, output }: CommandContext, { age }: StatsResult): void {
  const notice = sampleNotice(age);
  if (notice !== null) io.stderr.write(`${notice}\n`);
  const text = dataAgeText(age, io.now());
  if (text !== '' && !output.quiet) io.stderr.write(`data ${text}\n`);
}
