import type { StatsResult } from '../../app/stats/stats.ts';
import type { Frame } from './frame.ts';
import { groupPage } from './groupPage.ts';
import type { Html } from './html.ts';

/** What came in and went out of each account. */
export function accountsPage(view: StatsResult, frame: Frame): Html {
  return groupPage(view, frame, { account_id: 'account' });
}
