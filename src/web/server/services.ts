import type { Assets } from './assets.ts';
import type { Events } from './events.ts';
import type { Keeper } from './keeper.ts';
import type { PageMemo } from './pageMemo.ts';
import type { ServeOptions, ServerLimits } from './serveOptions.ts';
import type { Snapshots } from './snapshots.ts';

/** What the routes of one server work with. */
export interface Services {
  readonly options: ServeOptions;
  readonly limits: ServerLimits;
  readonly snapshots: Snapshots;
  readonly keeper: Keeper;
  readonly events: Events;
  readonly assets: Assets;
  readonly pages: PageMemo;
  /** Aborted when the server is told to stop. */
  readonly stopping: AbortSignal;
}
