import { listSavedQueries, queriesFolder } from '../app/query/savedQueries.ts';
import { writeJsonDocument } from '../render/json.ts';
import { printable } from '../render/printable.ts';
import { writeText } from '../render/sink.ts';
import { renderTable } from '../render/table.ts';
import { styledStream } from '../render/terminalStream.ts';
import type { CommandContext } from './context.ts';
import { tableStyle } from './tableOptions.ts';

/** `query --list`: the saved queries, the user's own and those that came with the tool. */
export async function printSavedQueries(context: CommandContext): Promise<number> {
  const { io, config, output } = context;
  const queries = listSavedQueries(config.home);
  if (output.json) {
    await writeJsonDocument(io, queries);
    return 0;
  }
  const table = renderTable(
    [{ title: 'name', shrink: false }, { title: 'from' }, { title: 'about' }],
    queries.map((query) => [printable(query.name), query.builtIn ? 'finance-db' : 'you', printable(query.about)]),
    tableStyle(context),
  );
  await writeText(styledStream(io.stdout), `${table}\n`);
  if (!output.quiet)
    io.stderr.write(`run one with: finance-db query --saved NAME; yours live in ${queriesFolder(config.home)}\n`);
  return 0;
}
