import { type PublishedFile, readPublishedFile } from '../../duckdb/fileState.ts';
import { isFinanceDbError } from '../../errors/financeDbError.ts';
import { requireNotForeign } from '../sync/published.ts';
import { fileIdentity } from '../validate/receipt.ts';

/** What lies at the published place: what was left there, unless somebody removed it, or put something else in its place. */
export class PublishedPlace {
  /** Which file we left there. */
  private left: string | null;
  /** Another one that has been looked at, and may stay until the next publish. */
  private judged: string | null = null;

  constructor(private readonly path: string) {
    this.left = fileIdentity(path);
  }

  /** Which file we left there. */
  get leftThere(): string | null {
    return this.left;
  }

  /** @param identity of the file that we have put there, from before that: somebody may write to it at once */
  leave(identity: string | null): void {
    this.left = identity;
    this.judged = null;
  }

  /** Whether the file there is the one that we left: neither replaced nor written to since. */
  isUntouched(): boolean {
    return fileIdentity(this.path) === this.left;
  }

  /**
   * Makes sure that a publish takes the place of nothing that is somebody else's.
   * @throws FinanceDbError DUCKDB_NOT_OURS; DUCKDB_LOCKED while another program writes to it
   */
  async requireOurs(): Promise<void> {
    if (!this.isUntouched()) requireNotForeign(await readPublishedFile(this.path), this.path);
  }

  /**
   * Why the file has to be published anew though nothing came, in words; null when it need not be. One that somebody has written to
   * stays for a validation to find, until the next publish.
   * @param isAsLeft whether a file says of its tables what the one says that was left
   * @throws FinanceDbError DUCKDB_NOT_OURS
   */
  async whyAnew(
    isAsLeft: (file: Extract<PublishedFile, { kind: 'ours' }>) => Promise<boolean>,
  ): Promise<string | null> {
    const identity = fileIdentity(this.path);
    if (identity === this.left || (identity !== null && identity === this.judged)) return null;
    const file = await readPublishedFile(this.path).catch((error: unknown) => {
      // Somebody writes to it now.
      if (isFinanceDbError(error) && error.code === 'DUCKDB_LOCKED') return null;
      throw error;
    });
    if (file === null) return null;
    requireNotForeign(file, this.path);
    if (file.kind === 'missing') return `${this.path} was removed`;
    if (file.kind === 'unusable') return `${this.path} cannot be read any more (${file.why})`;
    if (!(await isAsLeft(file))) return `another file was put in the place of ${this.path}`;
    this.judged = identity;
    return null;
  }
}
