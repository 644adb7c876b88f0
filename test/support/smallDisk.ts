import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import { temporaryFolder } from './folder.ts';

/** A disk of its own, of a given size. */
export interface SmallDisk {
  readonly path: string;
  remove(): void;
}

/** Whether this machine lets us mount one: as root on Linux, outside a container without that right. */
export function canMount(): boolean {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) return false;
  const disk = mountDisk('64k');
  disk?.remove();
  return disk !== null;
}

/** Mounts a disk of `size`, such as '2m'; null when that is not allowed. */
export function mountDisk(size: string): SmallDisk | null {
  const folder = temporaryFolder();
  const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${size},mode=755`, 'tmpfs', folder.path]);
  if (mounted.status !== 0) {
    folder.remove();
    return null;
  }
  return {
    path: folder.path,
    remove: () => {
      for (const name of fs.readdirSync(folder.path))
        fs.rmSync(`${folder.path}/${name}`, { recursive: true, force: true });
      unmount(folder.path);
      folder.remove();
    },
  };
}

/** What is left of a server that met the full disk ends a moment after the command that started it; till then the disk is busy. */
export function unmount(folder: string): void {
  const pause = new Int32Array(new SharedArrayBuffer(4));
  for (let attempt = 0; attempt < 3000; attempt++) {
    const { status, stderr } = spawnSync('umount', [folder], { encoding: 'utf8' });
    if (status === 0) return;
    if (!/busy/.test(stderr)) throw new Error(`umount ${folder}: ${stderr}`);
    Atomics.wait(pause, 0, 0, 20);
  }
  throw new Error(`${folder} stays busy`);
}
