import type { Config } from '../../config/config.ts';
import { isFinanceDbError } from '../../errors/financeDbError.ts';
import { DEFAULT_MEMORY } from '../sync/syncCopy.ts';
import type { FollowRequest } from './followRequest.ts';

/**
 * What DuckDB may use for changes that come in pieces (MOST_HELD of the cycle), and for scans: of more it only keeps blocks that it has
 * written or read, and that nobody asks for again. A follower stays, so that what one scan took would be its memory for good.
 */
export const LEAN_MEMORY = '160MB';

/** How a scan is to go: as it is set, and with no more than that much where nothing is. */
export function leanly({ config, scanMemory }: FollowRequest): Config {
  return { ...config, memory: config.memory ?? scanMemory ?? LEAN_MEMORY };
}

/** What the follower goes on with, with all that a sync has, if it is that which failed; null if it is not, or has it already. */
export function withRoom(request: FollowRequest, error: unknown): FollowRequest | null {
  if (!isFinanceDbError(error) || error.code !== 'DUCKDB_MEMORY' || request.config.memory !== undefined) return null;
  return { ...request, config: { ...request.config, memory: DEFAULT_MEMORY } };
}
