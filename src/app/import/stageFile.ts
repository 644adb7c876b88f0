import type { FileSummary } from '../../ingest/fileSummary.ts';
import { fitting } from '../../ingest/fits.ts';
import type { Preparer } from '../../ingest/prepare.ts';
import { stagedValues } from '../../ingest/stagedRow.ts';
import type { StatementEvent, StatementStart } from '../../ingest/statement.ts';
import { createStaging, stageRows, stageStatements } from '../../postgres/imports/stage.ts';
import type { PgSession } from '../../postgres/session.ts';
import type { OpenedStatements } from './openStatements.ts';

/** numeric(15,2): what an amount has to fit. */
const AMOUNT = { precision: 15, scale: 2 };

/** So many statements wait in memory to be stored; then the rows pause for them. Nearly all files have fewer. */
const MOST_WAITING = 5000;

type Values = readonly (string | null)[];

/**
 * Reads a file once, and puts its rows and statements into the staging tables: memory is that of a piece of the file, however many
 * rows and statements it has.
 * @param onRows told how many rows there are so far
 * @throws FinanceDbError BAD_INPUT naming file, line, record, field and value; the PG_ family
 */
export async function stageFile(
  session: PgSession,
  opened: OpenedStatements,
  preparer: Preparer,
  summary: FileSummary,
  options: { readonly signal: AbortSignal; readonly onRows: (rows: number) => void },
): Promise<void> {
  await createStaging(session);
  const batches = stagedRows(opened, preparer, summary);
  let rows = 0;
  let done = false;
  const untilStatementsWait = async function* (): AsyncGenerator<Iterable<Values>> {
    while (summary.waiting < MOST_WAITING) {
      const next = await batches.next();
      if (next.done) {
        done = true;
        return;
      }
      yield next.value;
    }
  };
  try {
    while (!done) {
      const before = rows;
      rows += await stageRows(session, untilStatementsWait(), before, {
        signal: options.signal,
        onRows: (count) => options.onRows(before + count),
      });
      await stageStatements(session, summary.takeStatements(done));
    }
  } finally {
    // The file is closed, whatever ended this.
    await batches.return();
  }
}

async function* stagedRows(
  opened: OpenedStatements,
  preparer: Preparer,
  summary: FileSummary,
): AsyncGenerator<Iterable<Values>, void, undefined> {
  let start: StatementStart | null = null;
  const toRows = function* (events: Iterable<StatementEvent>): Generator<Values, void, undefined> {
    for (const event of fitting(opened.name, events, AMOUNT)) {
      if (event.kind === 'start') {
        start = event;
        summary.begin(event);
      } else if (event.kind === 'skipped') summary.skip(event);
      else if (event.kind === 'end') {
        // Asked only where no entry named it.
        summary.end(event, () => preparer.accountOf(start?.account ?? null, event.place));
        start = null;
      } else if (start !== null) {
        const row = preparer.row(start, event);
        summary.entry(row.account_id ?? '', event);
        yield stagedValues(row);
      }
    }
  };
  for await (const events of opened.events()) yield toRows(events);
}
