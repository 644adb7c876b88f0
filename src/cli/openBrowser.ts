import { spawn } from 'node:child_process';

/** The program that opens an address in the user's browser. */
const OPENERS: Partial<Record<NodeJS.Platform, readonly [string, ...string[]]>> = {
  darwin: ['open'],
  // `start` takes its first quoted argument for a title.
  win32: ['cmd', '/c', 'start', ''],
};

/**
 * Opens an address in the user's browser and does not wait for it.
 * @param failed told when there is no way to
 */
export function openBrowser(address: string, env: NodeJS.ProcessEnv, failed: () => void): void {
  const [program, ...args] = OPENERS[process.platform] ?? ['xdg-open'];
  const child = spawn(program, [...args, address], { stdio: 'ignore', detached: true, env });
  let told = false;
  const tell = (): void => {
    if (!told) failed();
    told = true;
  };
  child.once('error', tell);
  child.once('exit', (code) => {
    if (code !== 0 && code !== null) tell();
  });
  child.unref();
}
