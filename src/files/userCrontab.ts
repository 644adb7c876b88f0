import { spawn } from 'node:child_process';
import { codeOf, FinanceDbError } from '../errors/financeDbError.ts';

/**
 * The user's crontab, as text; empty when there is none.
 * @throws FinanceDbError CRONTAB_MISSING, CRONTAB_REFUSED
 */
export async function readCrontab(env: NodeJS.ProcessEnv): Promise<string> {
  const { code, stdout, stderr } = await crontab(['-l'], '', env);
  if (code === 0) return stdout;
  // Having none is an error to crontab, told in words alone; any other failure must not be taken for an empty one.
  if (stdout === '' && /no crontab for|can't open .*no such file/i.test(stderr)) return '';
  throw refused('-l', stderr);
}

/**
 * Replaces the user's crontab; an empty one is removed.
 * @throws FinanceDbError CRONTAB_MISSING, CRONTAB_REFUSED
 */
export async function writeCrontab(text: string, env: NodeJS.ProcessEnv): Promise<void> {
  const args = text === '' ? ['-r'] : ['-'];
  const { code, stderr } = await crontab(args, text, env);
  if (code !== 0) throw refused(args.join(' '), stderr);
}

interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs `crontab`, found on the user's PATH, with its messages in English, since one of them is read. */
async function crontab(args: readonly string[], input: string, env: NodeJS.ProcessEnv): Promise<Ended> {
  const child = spawn('crontab', args, { env: { ...env, LC_ALL: 'C' }, stdio: ['pipe', 'pipe', 'pipe'] });
  const output = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const)
    child[name].setEncoding('utf8').on('data', (text: string) => {
      output[name] += text;
    });
  // A crontab that ends before it has read everything says why on stderr.
  child.stdin.on('error', () => undefined).end(input);
  const code = await new Promise<number | null>((resolve, reject) => {
    child.on('error', reject).on('close', resolve);
  }).catch((error: unknown) => {
    if (codeOf(error) === 'ENOENT') throw new FinanceDbError('CRONTAB_MISSING', 'there is no crontab program here');
    throw error;
  });
  return { code, ...output };
}

function refused(how: string, stderr: string): FinanceDbError {
  return new FinanceDbError('CRONTAB_REFUSED', `crontab ${how} failed: ${stderr.trim() || 'it gave no reason'}`);
}
