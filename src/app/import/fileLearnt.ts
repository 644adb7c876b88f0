import type { CategoryModel } from '../../learn/categories/model.ts';
import type { TableName } from '../../model/tableName.ts';
import {
  createFilings,
  type Filing,
  fileImported,
  hasUnfiled,
  readRecords,
  stageFilings,
  unfiledOfImport,
} from '../../postgres/imports/learnt.ts';
import type { PgSession } from '../../postgres/session.ts';

/** An import waits for it, so it learns from fewer rows than `categorize` does: under a second. */
const MOST_ROWS_LEARNT = 10_000;

/**
 * The last step of an import: new rows that nothing else has filed get the category that was learnt, where it is sure enough. Learnt
 * once a run, when the first such row comes; rows that the run itself brings are not learnt from.
 */
export class LearntStep {
  private model: CategoryModel | null | undefined;

  /** Within the transaction of the import. */
  async file(session: PgSession, table: TableName, importId: string): Promise<void> {
    if (this.model === null || !(await hasUnfiled(session, table, importId))) return;
    // Before the rows are looked for: where nothing was ever filed, a million of them would be sorted to no end.
    const model = await this.learn(session, table);
    if (model === null) return;
    const records = await readRecords(session, table);
    const filings: Filing[] = [];
    for await (const page of unfiledOfImport(session, table, records, importId)) {
      const { DEFAULT_CONFIDENCE } = await import('../categorize/suggest.ts');
      for (const row of page) {
        const [guess] = model.guess(row, 1);
        if (guess === undefined || guess.confidence < DEFAULT_CONFIDENCE) continue;
        const { category, confidence } = guess;
        const subcategory = model.subcategory(row, category);
        filings.push({ txId: row.txId, category, subcategory, confidence, chosenBy: 'learnt' });
      }
    }
    if (filings.length === 0) return;
    await createFilings(session);
    await stageFilings(session, filings);
    await fileImported(session, table, importId);
  }

  private async learn(session: PgSession, table: TableName): Promise<CategoryModel | null> {
    if (this.model === undefined) {
      const { trainingRows } = await import('../categorize/learning.ts');
      const { learnCategories } = await import('../../learn/categories/model.ts');
      const place = { session, table, records: await readRecords(session, table) };
      this.model = learnCategories(await trainingRows(place, MOST_ROWS_LEARNT));
    }
    return this.model;
  }
}
