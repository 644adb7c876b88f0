import { FinanceDbError } from '../../errors/financeDbError.ts';
import { type Judgement, judgeCategories } from '../../learn/categories/judge.ts';
import { inLearningTransaction, type LearnRequest, MOST_ROWS_LEARNT, trainingRows } from './learning.ts';

export interface CategoriesJudged extends Judgement {
  /** Rows before this day were learnt from, those of it and later judged. */
  readonly since: string;
  readonly first: string;
  readonly last: string;
}

/** The share of the filed rows, the latest, that are judged when nobody names a day. */
const JUDGED = 0.25;

/**
 * How right suggestions would have been on the user's own later rows.
 * @param since the day from which rows are judged; null: so that about a quarter of them are
 * @throws FinanceDbError USAGE when there are too few rows on either side; the PG_ family
 */
export async function judgeLearning(request: LearnRequest, since: string | null): Promise<CategoriesJudged> {
  return inLearningTransaction(request, false, async (place) => {
    request.onStep?.('learning from the earlier rows');
    const rows = await trainingRows(place, MOST_ROWS_LEARNT);
    // Whole days: rows of one day are alike, and half of them would tell of the other half.
    const day = since ?? rows[Math.floor(rows.length * (1 - JUDGED))]?.day ?? '';
    const judged = judgeCategories(
      rows.filter((row) => row.day < day),
      rows.filter((row) => row.day >= day),
    );
    if (judged === null)
      throw new FinanceDbError('USAGE', 'there are too few filed rows to learn from and to judge by', {
        remedy: 'it takes 30 rows of at least two categories before the day, and some from it on (--since DAY)',
        details: { since: day, rows: rows.length },
      });
    return { ...judged, since: day, first: rows[0]?.day ?? '', last: rows.at(-1)?.day ?? '' };
  });
}
