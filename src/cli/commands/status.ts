import { status } from '../../app/status.ts';
import { writeJsonDocument } from '../../render/json.ts';
import { renderStatus, statusDocument } from '../../render/statusReport.ts';
import type { CommandContext } from '../context.ts';

/** `finance-db status`: 0 whatever it finds, since reporting it is the job. */
export async function statusCommand(context: CommandContext): Promise<number> {
  const { io, config, output } = context;
  const found = await status(config, io.now(), io.signal);
  if (found.duckdb.sample) io.stderr.write('SAMPLE DATA: nothing was synced from PostgreSQL yet\n');
  if (output.json) await writeJsonDocument(io, statusDocument(found));
  else
    io.stdout.write(
      renderStatus(found, io.now(), {
        color: output.color,
        width: io.stdout.isTTY === true ? (io.stdout.columns ?? 80) : Number.POSITIVE_INFINITY,
      }),
    );
  return 0;
}
