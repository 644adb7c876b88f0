import type { StatsResult } from '../../app/stats/stats.ts';
import type { Frame } from './frame.ts';
import { groupPage } from './groupPage.ts';
import type { Html } from './html.ts';

/** By city and state. */
export function placesPage(view: StatsResult, frame: Frame): Html {
  return groupPage(view, frame, { city: 'city', state: 'state' });
}
