import path from 'node:path';
import { openReader } from '../../src/duckdb/reader.ts';
import { listsTable } from '../serve/lists.ts';
import { pagesTable } from '../serve/pages.ts';
import type { VerdictTable } from '../serve/verdicts.ts';
import { visitsTable } from '../serve/visits.ts';
import { weightsTable } from '../serve/weights.ts';
import type { BenchContext } from '../support/case.ts';
import { runTool } from '../support/child.ts';
import { request, startServer } from '../support/served.ts';

const VISIT_SECONDS = 60;
/** After a file has come, what finds rows by words and ids is looked up; nobody is to be measured beside that. */
const SETTLED_MS = 15_000;

/** The dashboard: all pages beside the SQL of their reports, lists and searches at depth, what an answer weighs, and fifty visitors. */
export async function serveCase(context: BenchContext): Promise<VerdictTable[]> {
  const { rig, rows, rounds } = context;
  await context.fill(rows);
  await runTool(rig, ['sync', '--quiet']);
  const file = path.join(rig.folder, 'home', 'finance.duckdb');
  const reader = await openReader(file);
  const server = await startServer(rig.folder, file, rig.url);
  try {
    await request(server.port, '/transactions', {});
    await new Promise((resolve) => setTimeout(resolve, SETTLED_MS));
    return [
      await pagesTable(server, reader, rounds, rows),
      await listsTable(server, reader, rounds),
      await weightsTable(server),
      await visitsTable(server, VISIT_SECONDS),
    ];
  } finally {
    server.stop();
    reader.close();
  }
}
