import type { StatsResult } from '../../app/stats/stats.ts';
import type { Frame } from './frame.ts';
import { groupPage } from './groupPage.ts';
import type { Html } from './html.ts';

/** Who was paid. */
export function merchantsPage(view: StatsResult, frame: Frame): Html {
  return groupPage(view, frame, { merchant: 'merchant' });
}
