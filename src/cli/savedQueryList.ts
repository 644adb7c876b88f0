import { jsonText } from '../render/json.ts';
import { writeText } from '../render/sink.ts';
import { renderTable } from '../render/table.ts';
import { printable } from '../render/width.ts';
import type { CommandContext } from './context.ts';
import { listSavedQueries, queriesFolder } from './savedQueries.ts';

/** `query --list`: the saved queries, the user's own and those that came with the tool. */
export async function printSavedQueries({ io, config, output }: CommandContext): Promise<number> {
  const queries = listSavedQueries(config.home);
  if (output.json) {
    await writeText(io.stdout, `${jsonText(queries, io.stdout.isTTY ? 2 : 0)}\n`);
    return 0;
  }
  const table = renderTable(
    [{ title: 'name', shrink: false }, { title: 'from' }, { title: 'about' }],
    queries.map((query) => [printable(query.name), query.builtIn ? 'finance-db' : 'you', printable(query.about)]),
    {
      width: io.stdout.isTTY ? (io.stdout.columns ?? 80) : Number.POSITIVE_INFINITY,
      color: output.color && io.stdout.isTTY === true,
    },
  );
  await writeText(io.stdout, `${table}\n`);
  if (!output.quiet)
    io.stderr.write(`run one with: finance-db query --saved NAME; yours live in ${queriesFolder(config.home)}\n`);
  return 0;
}
