import type { StatsResult } from '../../app/stats/stats.ts';
import type { Frame } from './frame.ts';
import type { Html } from './html.ts';
import { reportPage } from './reportPage.ts';

export function categoriesPage(view: StatsResult, frame: Frame): Html {
  return reportPage(view, frame);
}
