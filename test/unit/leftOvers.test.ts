import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { isDeadTag, processTag } from '../../src/files/processTag.ts';
import { withTemporaryFolder } from '../../src/files/temporaryFolder.ts';
import { outputFile } from '../../src/render/outputFile.ts';
import { temporaryFolder } from '../support/folder.ts';

/** The tag of a process that has ended. */
function deadTag(): string {
  const { pid } = spawnSync(process.execPath, ['-e', '']);
  return processTag().replace(/-\d+-\d+$/, `-${pid}-1`);
}

/** The tag of another process, which lives. */
function livingTag(): string {
  return processTag().replace(/-\d+-\d+$/, `-${process.ppid}-0`);
}

let folder: ReturnType<typeof temporaryFolder>;
beforeEach(() => {
  folder = temporaryFolder();
});
afterEach(() => folder.remove());

describe('whose a temporary file is', () => {
  test('is told by its name, and only for processes of this host', () => {
    expect(isDeadTag(processTag())).toBe(false);
    expect(isDeadTag(deadTag())).toBe(true);
    // The same number, but another start: the process that made it is gone.
    expect(isDeadTag(processTag().replace(/-\d+$/, '-1'))).toBe(process.platform === 'linux');
    expect(isDeadTag(deadTag().replace(/^[0-9a-f]{8}/, '00000000'))).toBe(false);
    for (const other of ['', 'x', '123', `${deadTag()}x`, `a${deadTag()}`]) expect(isDeadTag(other)).toBe(false);
  });
});

describe('what a killed run left', () => {
  test('beside an output file is removed by the next run to that file, and nothing else is', async () => {
    const left = `.big.csv.${deadTag()}.tmp`;
    const kept = [`.big.csv.${livingTag()}.tmp`, `.other.csv.${deadTag()}.tmp`, '.big.csv.tmp', 'big.csv.1.tmp'];
    for (const name of [left, ...kept]) fs.writeFileSync(path.join(folder.path, name), 'x');
    const file = outputFile(path.join(folder.path, 'big.csv'));
    expect(fs.readdirSync(folder.path)).not.toContain(left);
    await file.discard();
    expect(fs.readdirSync(folder.path).sort()).toEqual([...kept].sort());
  });

  test('in the temporary folder is removed by the next run, and nothing else is', async () => {
    const left = `finance-db-x-${deadTag()}-abcDEF`;
    const kept = [`finance-db-x-${processTag()}-abcDEF`, `finance-db-y-${deadTag()}-abcDEF`, 'finance-db-x-abcDEF'];
    for (const name of [left, ...kept]) {
      fs.mkdirSync(path.join(folder.path, name));
      fs.writeFileSync(path.join(folder.path, name, 'rows'), 'x');
    }
    const during = await withTemporaryFolder(
      'finance-db-x-',
      async (own) => {
        expect(fs.statSync(own).mode & 0o777).toBe(0o700);
        return fs.readdirSync(folder.path);
      },
      folder.path,
    );
    expect(during).toHaveLength(kept.length + 1);
    expect(fs.readdirSync(folder.path).sort()).toEqual([...kept].sort());
  });

  test('and a temporary folder that is not there is told by name', async () => {
    const nowhere = path.join(folder.path, 'nowhere');
    await expect(withTemporaryFolder('finance-db-x-', async () => 1, nowhere)).rejects.toMatchObject({
      code: 'CONFIG',
      message: expect.stringContaining(nowhere),
      remedy: expect.stringContaining('TMPDIR'),
    });
  });
});
