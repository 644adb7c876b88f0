import path from 'node:path';
import { expect, test } from '@jest/globals';
import { build } from 'esbuild';

/** What may load before it is known which command runs: folders and files below src. */
const AT_START =
  /^(main|version|io)\.ts$|^(errors|config|model)\/(?!household)|^files\/privateFile\.ts$|^cli\/(declare\/.*|(program|commandLine|flagValues|helpTexts|statsOptions|followOptions)\.ts)$/;
const PACKAGES = ['commander', 'dotenv'];

test('start-up loads declarations and settings, nothing of a command', async () => {
  const { metafile } = await build({
    entryPoints: ['src/main.ts', 'src/cli/program.ts'],
    bundle: true,
    write: false,
    metafile: true,
    packages: 'external',
    platform: 'node',
    format: 'esm',
    outdir: 'unused',
  });
  const seen = new Set<string>();
  const packages = new Set<string>();
  const follow = (file: string): void => {
    if (seen.has(file)) return;
    seen.add(file);
    for (const { path: imported, kind, external } of metafile.inputs[file]?.imports ?? []) {
      if (kind === 'dynamic-import') continue;
      if (external !== true) follow(imported);
      else if (!imported.startsWith('node:')) packages.add(imported);
    }
  };
  follow('src/main.ts');
  follow('src/cli/program.ts');
  const files = [...seen].map((file) => path.posix.relative('src', file));
  expect(files).toContain('config/config.ts');
  expect(files.filter((file) => !AT_START.test(file))).toEqual([]);
  expect([...packages].filter((name) => !PACKAGES.includes(name))).toEqual([]);
});
