import type { WorkingCopy } from './workingCopy.ts';

/** Makes the ready-made views of docs/queries.md beside the tables. */
export async function createViews(_copy: WorkingCopy): Promise<void> {
  // Filled in once src/analytics/views.ts exists.
}
