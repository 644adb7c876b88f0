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

/** What output is as wide as when neither the terminal nor COLUMNS says: most terminals are born so. */
const USUAL_COLUMNS = 80;

/**
 * The columns that output may take: those of the terminal (one that reports none counts as 80), elsewhere COLUMNS where
 * it is exported.
 * @param otherwise for output that is no terminal, without COLUMNS: by default it is never cut.
 */
export function columnsOf(
  stream: { readonly isTTY?: boolean; readonly columns?: number },
  env: NodeJS.ProcessEnv,
  otherwise = Number.POSITIVE_INFINITY,
): number {
  if (stream.isTTY === true && stream.columns !== undefined && stream.columns > 0) return stream.columns;
  const exported = /^[1-9]\d{0,5}$/.test(env.COLUMNS ?? '') ? Number(env.COLUMNS) : undefined;
  return exported ?? (stream.isTTY === true ? USUAL_COLUMNS : otherwise);
}

/** The columns that a line of prose may take: those of a terminal; elsewhere a line stays one, whatever COLUMNS says. */
export function proseColumns(
  stream: { readonly isTTY?: boolean; readonly columns?: number },
  env: NodeJS.ProcessEnv,
): number {
  return stream.isTTY === true ? columnsOf(stream, env) : Number.POSITIVE_INFINITY;
}

/**
 * Whether to draw with ASCII alone: when asked for, or when the environment names a locale that is not UTF-8. An
 * environment that names none (containers, cron) is taken to be UTF-8.
 */
export function wantsAscii(flag: boolean | undefined, env: NodeJS.ProcessEnv): boolean {
  if (flag !== undefined) return flag;
  const locale = env.LC_ALL || env.LC_CTYPE || env.LANG || '';
  return locale !== '' && !/utf-?8/i.test(locale);
}
