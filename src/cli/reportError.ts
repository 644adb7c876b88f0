import { ERROR_CODES } from '../errors/codes.ts';
import { codeOf, FinanceDbError, isFinanceDbError, messageOf } from '../errors/financeDbError.ts';
import { type Io, proseColumns, wantsAscii } from '../io.ts';
import { unguarded } from '../render/terminalStream.ts';
import { wrapText } from '../render/wrap.ts';
import { VERSION } from '../version.ts';
import { commandWord } from './commandWord.ts';
import type { ParsingError } from './program.ts';
import { usageError } from './usageError.ts';

/** Commands that cron runs: their stderr that is no terminal is a log. */
const LOGGED: ReadonlySet<string> = new Set(['sync', 'import', 'follow']);

const ERROR = 'error';

/** The only place that turns errors into text and exit codes. */
export function reportError(error: unknown, argv: readonly string[], io: Io, env: NodeJS.ProcessEnv): number {
  if (isParsingError(error) && isNoError(error, argv, io)) return 0;
  // An aborted wait rejects with an AbortError; why it was aborted is what matters.
  const reason = io.signal.aborted && isFinanceDbError(io.signal.reason) ? io.signal.reason : undefined;
  const known = isUnknownCommand(error)
    ? toFinanceDbError(error)
    : ofCommand(reason ?? toFinanceDbError(error), commandWord(argv));
  if (LOGGED.has(commandWord(argv) ?? '') && io.stderr.isTTY !== true) io.stderr.write(logLine(known, io));
  else {
    const width = proseColumns(io.stderr, env);
    const message = wrapText(`${ERROR} [${known.code}]: ${known.message}\n`, width, 2);
    // Its colour is ours; the message may quote data, and goes the guarded way.
    if (wantsColor(argv, io, env)) unguarded(io.stderr).write(`\u001b[31m${ERROR}\u001b[39m`);
    else io.stderr.write(ERROR);
    io.stderr.write(message.slice(ERROR.length));
    io.stderr.write(wrapText(remedyLine(known, wantsAscii(undefined, env)), width, 2));
  }
  if (argv.includes('--verbose')) io.stderr.write(`${stackOf(error)}\n`);
  if (argv.includes('--json')) io.stdout.write(`${errorDocument(known)}\n`);
  return known.exitCode;
}

/** The flags of a command are in its own help. */
function ofCommand(error: FinanceDbError, command: string | undefined): FinanceDbError {
  if (error.code !== 'USAGE' || error.remedy !== ERROR_CODES.USAGE.remedy || command === undefined) return error;
  const { message, details, cause } = error;
  return new FinanceDbError('USAGE', message, { remedy: `see finance-db ${command} --help`, details, cause });
}

/** One line per run, with a timestamp, as when it goes well. */
function logLine(error: FinanceDbError, io: Io): string {
  const remedy = error.remedy === '' ? '' : ` → ${error.remedy}`;
  return `${io.now().toISOString()} error [${error.code}]: ${error.message.replace(/\s*\n\s*/g, ' ')}${remedy}\n`;
}

function remedyLine(error: FinanceDbError, ascii: boolean): string {
  return error.remedy === '' ? '' : `  ${ascii ? '->' : '→'} ${error.remedy}\n`;
}

function errorDocument(error: FinanceDbError): string {
  const { code, message, remedy, details } = error;
  return JSON.stringify({ status: 'error', error: { code, exit: error.exitCode, message, remedy, details } });
}

/** Help and version were asked for, and commander has printed them; `sync --version` it does not know. */
function isNoError(error: ParsingError, argv: readonly string[], io: Io): boolean {
  if (error.exitCode === 0) return true;
  const version = error.code === 'commander.unknownOption' && /'(?:--version|-V)'/.test(error.message);
  if (version)
    io.stdout.write(`${argv.includes('--json') ? JSON.stringify({ status: 'ok', version: VERSION }) : VERSION}\n`);
  return version;
}

/** What its first word is called has no help. */
function isUnknownCommand(error: unknown): boolean {
  return codeOf(error) === 'commander.unknownCommand';
}

function isParsingError(error: unknown): error is ParsingError {
  return (codeOf(error) ?? '').startsWith('commander.');
}

/** Errors of the file system that reach this place unmapped still deserve better than "internal error". */
function toFinanceDbError(error: unknown): FinanceDbError {
  if (isFinanceDbError(error)) return error;
  if (isParsingError(error)) return usageError(error, error.command);
  const code = codeOf(error);
  const message = messageOf(error);
  if (code === 'ENOSPC' || code === 'EDQUOT') return new FinanceDbError('DISK_FULL', message, { cause: error });
  if (code === 'EACCES' || code === 'EPERM' || code === 'EROFS')
    return new FinanceDbError('DUCKDB_NOT_WRITABLE', message, {
      remedy: 'correct the permissions of the path named above',
      cause: error,
    });
  return new FinanceDbError('INTERNAL', message, { cause: error });
}

function wantsColor(argv: readonly string[], io: Io, env: NodeJS.ProcessEnv): boolean {
  return io.stderr.isTTY === true && !argv.includes('--no-color') && !env.NO_COLOR && env.TERM !== 'dumb';
}

function stackOf(error: unknown): string {
  const lines: string[] = [];
  for (
    let current = error;
    current !== undefined && current !== null;
    current = (current as { cause?: unknown }).cause
  ) {
    const stack = (current as { stack?: unknown }).stack;
    lines.push(typeof stack === 'string' ? stack : String(current));
    if (lines.length > 5) break;
  }
  return lines.join('\ncaused by: ');
}
