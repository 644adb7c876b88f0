import type { ImportRequest } from '../app/import/request.ts';
import { readRules } from '../app/import/rulesFile.ts';
import type { StatementFormat } from '../ingest/statement.ts';
import type { Progress } from '../render/progress.ts';
import type { CommandContext } from './context.ts';

/** The flags of `import`, as commander gives them. */
export interface ImportFlags {
  readonly account?: string;
  readonly format?: StatementFormat;
  readonly profile?: string;
  readonly encoding?: string;
  readonly dateOrder?: 'DMY' | 'MDY' | 'YMD';
  readonly dryRun?: boolean;
  readonly allNew?: boolean;
  readonly inbox?: string;
  readonly learn?: boolean;
  /** With --learn: and import the file by it. */
  readonly yes?: boolean;
  /** A number, or true for all. */
  readonly list?: string | true;
  readonly undo?: string;
  readonly force?: boolean;
  readonly restore?: string;
  readonly home?: string;
  readonly envFile?: string;
  readonly databaseUrl?: string;
}

/** What the flags ask for, with the user's rules. */
export async function importRequest(
  context: CommandContext,
  flags: ImportFlags,
  progress: Progress,
): Promise<ImportRequest> {
  const { io, config } = context;
  return {
    config,
    cwd: io.cwd,
    get stdin() {
      return io.stdin;
    },
    now: io.now,
    signal: io.signal,
    account: flags.account ?? null,
    format: flags.format ?? null,
    profile: flags.profile ?? null,
    encoding: flags.encoding ?? null,
    dateOrder: flags.dateOrder ?? null,
    dryRun: flags.dryRun === true,
    allNew: flags.allNew === true,
    rules: await readRules(config.home),
    settings: settingWords(flags),
    onProgress: ({ file, rows, fraction }) => progress.load({ table: file, rows, bytes: 0, fraction }),
    onRead: (file) => progress.say(`${file}  comparing with what is there`),
    onWait: (holder) => tellWaiting(context, progress, holder),
  };
}

/** As they were typed; a URL with a password is shown nowhere, so that whoever pastes the command puts it in. */
function settingWords({ home, envFile, databaseUrl }: ImportFlags): string[] {
  const secret = databaseUrl !== undefined && /:[^@/]*@|password/i.test(databaseUrl.replace(/^\w+:/, ''));
  return [
    ...(home === undefined ? [] : ['--home', home]),
    ...(envFile === undefined ? [] : ['--env-file', envFile]),
    ...(databaseUrl === undefined ? [] : ['--database-url', secret ? 'URL' : databaseUrl]),
  ];
}

/** On a terminal what is done now, elsewhere a line of the log: a run that seems to hang is worth one. */
export function tellWaiting({ io, output }: CommandContext, progress: Progress, holder: string): void {
  const text = `waiting for another import to end: ${holder}`;
  if (io.stderr.isTTY === true) progress.say(text);
  else if (!output.quiet) io.stderr.write(`${io.now().toISOString()} import waits: ${text}\n`);
}
