import fs from 'node:fs';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { addRules } from '../../src/app/categorize/addRules.ts';
import { readRules } from '../../src/app/import/rulesFile.ts';
import { temporaryFolder } from '../support/folder.ts';

let folder: ReturnType<typeof temporaryFolder>;
beforeEach(() => {
  folder = temporaryFolder();
});
afterEach(() => folder.remove());

const written = (): string => fs.readFileSync(path.join(folder.path, 'rules.csv'), 'utf8');

test('the first rule makes the file', async () => {
  await addRules(folder.path, [{ payee: 'Shop, "the" corner', category: 'Groceries', subcategory: null }]);
  expect(written()).toBe(
    'pattern,account,min,max,merchant,category,subcategory\n"Shop, ""the"" corner",,,,,Groceries,\n',
  );
  expect(await readRules(folder.path)).toHaveLength(1);
});

test('others come behind those that are there, in the order of their columns', async () => {
  fs.writeFileSync(
    path.join(folder.path, 'rules.csv'),
    'category,subcategory,pattern,account,min,max,merchant\nFuel,,shell,,,,',
  );
  await addRules(folder.path, [{ payee: 'Kiosk', category: 'Sweets', subcategory: 'Ice' }]);
  expect(written().split('\n').slice(1)).toEqual(['Fuel,,shell,,,,', 'Sweets,Ice,Kiosk,,,,', '']);
});

test('a file that does not read stays as it is', async () => {
  fs.writeFileSync(path.join(folder.path, 'rules.csv'), 'nonsense\n');
  await expect(addRules(folder.path, [{ payee: 'a', category: 'b', subcategory: null }])).rejects.toMatchObject({
    code: 'BAD_INPUT',
  });
  expect(written()).toBe('nonsense\n');
  expect(fs.readdirSync(folder.path)).toEqual(['rules.csv']);
});
