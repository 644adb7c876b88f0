/** The outer world of one run: injected, so that a test can run the whole program in process. */
export interface Io {
  readonly stdin: NodeJS.ReadableStream & { isTTY?: boolean };
  readonly stdout: NodeJS.WritableStream & { isTTY?: boolean; columns?: number };
  readonly stderr: NodeJS.WritableStream & { isTTY?: boolean; columns?: number };
  /** Aborted by SIGINT (reason 'SIGINT') and SIGTERM (reason 'SIGTERM'). */
  readonly signal: AbortSignal;
  readonly cwd: string;
  readonly now: () => Date;
}
