import { describeTables } from '../../postgres/catalogue.ts';
import { askPinned } from '../../postgres/pinned.ts';
import { readIdentities } from '../../postgres/replication/followable.ts';
import { readServerFacts, setupSql } from '../../postgres/replication/setup.ts';
import { withPostgres } from '../../postgres/server.ts';
import { writeJsonDocument } from '../../render/json.ts';
import { writeText } from '../../render/sink.ts';
import type { CommandContext } from '../context.ts';

/** `finance-db follow --print-setup`: changes nothing. */
export async function printSetup({ io, config, output }: CommandContext, publication: string): Promise<number> {
  const context = { target: config.postgres, now: io.now(), signal: io.signal, lockWaitMs: config.lockWaitMs };
  const sql = await withPostgres(context, async (server) => {
    const session = await server.connect();
    const sources = await describeTables(session, config.tables, askPinned);
    const facts = await readServerFacts(session, publication);
    return setupSql(facts, publication, sources, await readIdentities(session, sources));
  });
  if (output.json) await writeJsonDocument(io, { status: 'ok', publication, sql });
  else await writeText(io.stdout, sql);
  return 0;
}
