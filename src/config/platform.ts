import os from 'node:os';
import path from 'node:path';

/**
 * The folder for data of this application, by the platform's custom: XDG base directories on Linux,
 * Application Support on macOS, LOCALAPPDATA on Windows. Works without HOME, as under some crons.
 */
export function defaultHome(env: NodeJS.ProcessEnv): string {
  const userHome = env.HOME || os.homedir();
  if (process.platform === 'darwin') return path.join(userHome, 'Library', 'Application Support', 'finance-db');
  if (process.platform === 'win32')
    return path.join(env.LOCALAPPDATA || path.join(userHome, 'AppData', 'Local'), 'finance-db');
  return path.join(env.XDG_DATA_HOME || path.join(userHome, '.local', 'share'), 'finance-db');
}
