import { status } from '../../app/status.ts';
import { writeJsonDocument } from '../../render/json.ts';
import { renderStatus, statusDocument } from '../../render/statusReport.ts';
import { styledStream } from '../../render/terminalStream.ts';
import type { CommandContext } from '../context.ts';
import { tableStyle } from '../tableOptions.ts';

/** `finance-db status`: 0 whatever it finds, since reporting it is the job. */
export async function statusCommand(context: CommandContext): Promise<number> {
  const { io, config, output } = context;
  const found = await status(config, io.now(), io.signal);
  if (found.duckdb.sample) io.stderr.write('SAMPLE DATA: nothing was synced from PostgreSQL yet\n');
  if (output.json) await writeJsonDocument(io, statusDocument(found));
  else styledStream(io.stdout).write(renderStatus(found, io.now(), tableStyle(context)));
  return 0;
}
