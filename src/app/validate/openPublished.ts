import os from 'node:os';
import type { Config } from '../../config/config.ts';
import { openStored, type StoredFile } from '../../duckdb/storedFile.ts';
import { fileIdentity } from './receipt.ts';
import { scanMemory, VALIDATE_MEMORY } from './session.ts';
import { readStates } from './storedStates.ts';

/** A published file that is open, what it says of itself, and which file it was. */
export type OpenPublished = { stored: StoredFile; identity: string | null } & Awaited<ReturnType<typeof readStates>>;

/** The file and its state, certainly of one and the same file though a sync may publish another one at any time. */
export async function openPublished(
  { duckdbPath: file, memory }: Config,
  temporaryFolder: string,
): Promise<OpenPublished> {
  for (;;) {
    const identity = fileIdentity(file);
    const known = await readStates(file);
    const threads = os.availableParallelism();
    const stored = await openStored(
      file,
      { memory: memory ?? VALIDATE_MEMORY, threads, temporaryFolder },
      memory === undefined ? scanMemory(threads) : null,
    );
    if (fileIdentity(file) === identity) return { stored, ...known, identity };
    stored.abandon();
  }
}
