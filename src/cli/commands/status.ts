import { status } from '../../app/status.ts';
import { checkStatus } from '../../app/statusCheck.ts';
import { FinanceDbError } from '../../errors/financeDbError.ts';
import { parseSpan } from '../../model/span.ts';
import { displayName } from '../../model/tableName.ts';
import { sampleNotice } from '../../render/dataAgeText.ts';
import { writeJsonDocument } from '../../render/json.ts';
import { printable } from '../../render/printable.ts';
import { renderStatus, statusDocument } from '../../render/statusReport.ts';
import { styledStream } from '../../render/terminalStream.ts';
import type { CommandContext } from '../context.ts';
import { tableStyle } from '../tableOptions.ts';

export interface StatusFlags {
  readonly check?: boolean;
  readonly maxAge?: string;
}

/** Three runs of the schedule that is proposed. */
const MAX_AGE = '15m';

/** `finance-db status`: 0 whatever it finds, since reporting it is the job; with --check the exit code tells. */
export async function statusCommand(context: CommandContext, flags: StatusFlags): Promise<number> {
  const { io, config, output } = context;
  if (flags.maxAge !== undefined && flags.check !== true)
    throw new FinanceDbError('USAGE', '--max-age belongs to --check', { remedy: 'give both: --check --max-age 15m' });
  const maxAge = parseSpan(flags.maxAge ?? MAX_AGE, '--max-age');
  const found = await status(config, io.now(), io.signal);
  const check = flags.check === true ? checkStatus(found, config.tables.map(displayName), io.now(), maxAge) : null;
  const notice = sampleNotice(found.duckdb);
  if (notice !== null) io.stderr.write(`${notice}\n`);
  if (output.json) await writeJsonDocument(io, { ...statusDocument(found), ...(check === null ? {} : { check }) });
  else if (check !== null) io.stdout.write(`${printable(`${check.state}: ${check.reason}`)}\n`);
  else styledStream(io.stdout).write(renderStatus(found, io.now(), tableStyle(context)));
  return check?.exit ?? 0;
}
