import { type StateRow, writeStateSql } from '../../duckdb/syncState.ts';
import { ATTACHED, type WorkingCopy } from '../../duckdb/workingCopy.ts';

/**
 * DuckDB keeps a block of 256 kB for each column of each table that a transaction has touched, in memory until the next
 * checkpoint: some 0.8 MB for a table of two columns and two rows (measured). So many of them fit the least memory.
 */
const MOST_COLUMNS = 100;

/**
 * Tables of a working copy that are made lasting together, so that memory does not grow with their number. The working copy is
 * private: several transactions in it are as good as one, as long as the rows and the state of a table are in the same one.
 * The caller begins the first transaction and commits the last one.
 */
export class TableBatch {
  private readonly copy: WorkingCopy;
  private states: StateRow[] = [];
  private touched = 0;

  constructor(copy: WorkingCopy) {
    this.copy = copy;
  }

  /** Takes the state of a table whose rows are in place. */
  async add(state: StateRow): Promise<void> {
    this.states.push(state);
    if (state.upserted > 0n || state.deleted > 0n || state.mode === 'full') this.touched += state.columns.length;
    if (this.touched < MOST_COLUMNS) return;
    this.touched = 0;
    await this.end();
    await this.copy.run('COMMIT');
    await this.copy.run(`CHECKPOINT ${ATTACHED}`);
    await this.copy.run('BEGIN TRANSACTION');
  }

  /** Writes the states that are left. */
  async end(): Promise<void> {
    for (const statement of writeStateSql(this.states)) await this.copy.run(statement);
    this.states = [];
  }
}
