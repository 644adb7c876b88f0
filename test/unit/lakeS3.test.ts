import fs from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { clearDeadRuns, writeJournal } from '../../src/lake/journal.ts';
import { putParts } from '../../src/lake/store/s3Parts.ts';
import { parseS3Place, type S3Place } from '../../src/lake/store/s3Place.ts';
import { S3Requests } from '../../src/lake/store/s3Requests.ts';
import { s3Store } from '../../src/lake/store/s3Store.ts';
import { deadTag } from '../support/deadTag.ts';
import { temporaryFolder } from '../support/folder.ts';
import { type S3Server, startS3Server, type Trouble } from '../support/s3Server.ts';

// How we behave towards a store that fails. That we speak S3 is proven against a real one: test/lake/engines.ts.
const folder = temporaryFolder();
const signal = new AbortController().signal;
let server: S3Server;
let place: S3Place;
let troubles: (Trouble | undefined)[] = [];

beforeAll(async () => {
  server = await startS3Server();
  ({ place } = server);
});
afterAll(async () => {
  await server.close();
  folder.remove();
});
beforeEach(() => {
  server.clear();
  troubles = [];
  server.trouble = () => troubles.shift();
});

test('what fails for a while is tried again', async () => {
  const store = s3Store(place, 'public/t', signal);
  troubles = ['503', 'hang up', '500'];
  await store.write('a', Buffer.from('x'));
  expect(server.requests).toBe(4);
  expect((await store.read('a'))?.toString()).toBe('x');
  expect([...server.objects.keys()]).toEqual(['/money/pre/public/t/a']);
});

test('what is refused for good is told at once, without the secret', async () => {
  troubles = ['403'];
  const failure = s3Store(place, 't', signal).write('a', Buffer.from('x'));
  await expect(failure).rejects.toMatchObject({
    code: 'LAKE_STORE',
    message: 'PUT s3://money/pre/t/a: 403 C403 not now',
  });
  expect(server.requests).toBe(1);
});

test('put-if-absent: the second writer is told, and a lost answer is not taken for a second writer', async () => {
  const store = s3Store(place, 't', signal);
  troubles = ['hang up after it'];
  expect(await store.writeNew('v1', Buffer.from('mine'))).toBe(true);
  expect(await store.writeNew('v1', Buffer.from('theirs'))).toBe(false);
  expect((await store.read('v1'))?.toString()).toBe('mine');
});

/** A file that goes in three parts. */
function largeFile(): { file: string; content: Buffer; send: (patienceMs?: number) => Promise<void> } {
  const file = path.join(folder.path, 'large');
  const content = Buffer.from(Array.from({ length: 2500 }, (_, index) => index % 251));
  fs.writeFileSync(file, content);
  const send = (patienceMs?: number): Promise<void> =>
    putParts(new S3Requests(place, signal, patienceMs), 'large', file, content.length, 1000);
  return { file, content, send };
}

test.each<[string, (Trouble | undefined)[], number]>([
  ['each tried again for itself', [undefined, '503', '503'], 1 + 3 + 1 + 2],
  // The first is listed as an upload without an end, and given up.
  ['the answer to the beginning lost', ['hang up after it'], 1 + 1 + 3 + 1 + 2],
  ['cut and slowed down in the middle', [undefined, undefined, 'hang up', '503', 'hang up after it'], 1 + 3 + 1 + 3],
  ['a store that stops answering in the middle', [undefined, undefined, 'silence'], 1 + 3 + 1 + 1],
  // The store does not know the upload then, and has the file.
  ['the answer to the end lost', [undefined, undefined, undefined, undefined, 'hang up after it'], 1 + 3 + 1 + 2],
])('a large file goes in parts: %s', async (_what, planned, requests) => {
  const { content, send } = largeFile();
  troubles = planned;
  await send(planned.includes('silence') ? 1000 : undefined);
  expect(server.objects.get('/money/large')?.equals(content)).toBe(true);
  expect(server.uploads.size).toBe(0);
  // With so little patience more of them may be sent again.
  if (planned.includes('silence')) expect(server.requests).toBeGreaterThanOrEqual(requests);
  else expect(server.requests).toBe(requests);
});

test('an upload that is refused in its middle is given up, and said so', async () => {
  const { send } = largeFile();
  troubles = [undefined, undefined, '403'];
  await expect(send()).rejects.toMatchObject({ code: 'LAKE_STORE', message: expect.stringContaining('403 C403') });
  expect(server.objects.size + server.uploads.size).toBe(0);
});

test('what a killed run had sent of a file in parts is given up by the next one, and nothing else', async () => {
  const store = s3Store(place, 'public/t', signal);
  const requests = new S3Requests(place, signal);
  const begin = (key: string): Promise<unknown> =>
    requests.send(key, { method: 'POST', query: 'uploads=' }, async () => undefined);
  for (const name of ['1.parquet', '2.parquet']) await begin(`pre/public/t/data/2024-01/${name}`);
  const writes = ['data/2024-01/1.parquet', 'data/2024-02/1.parquet'];
  await store.write(writes[1] ?? '', Buffer.from('x'));
  await writeJournal(store, { run: `${deadTag()}-abcdef`, base: 0, writes, deletes: [] });
  await clearDeadRuns(store, 0);
  expect([...server.objects.keys()]).toEqual([]);
  expect([...server.uploads.values()]).toEqual(['/money/pre/public/t/data/2024-01/2.parquet']);
});

test('a download that is cut or stops begins again, and leaves nothing half', async () => {
  const content = Buffer.alloc(300_000, 'money');
  server.objects.set('/money/large', content);
  troubles = ['half an answer', 'silence', '503'];
  const file = path.join(folder.path, 'fetched');
  expect(await new S3Requests(place, signal, 1000).download('large', file)).toBe(true);
  expect(fs.readFileSync(file).equals(content)).toBe(true);
});

test('a store that never answers is told so', async () => {
  const aborter = new AbortController();
  server.trouble = () => {
    if (server.requests > 1) aborter.abort(new Error('enough'));
    return 'silence';
  };
  await expect(new S3Requests(place, aborter.signal, 100).get('x')).rejects.toThrow('enough');
  expect(server.requests).toBe(2);
});

test('places and variables', () => {
  const env = { AWS_ACCESS_KEY_ID: 'a', AWS_SECRET_ACCESS_KEY: 'b', AWS_REGION: 'eu-west-1' };
  expect(parseS3Place('/srv/lake', env)).toBeNull();
  expect(parseS3Place('s3://money/a/b/', env)).toMatchObject({
    prefix: 'a/b',
    url: 'https://money.s3.eu-west-1.amazonaws.com',
  });
  const local = { ...env, AWS_ENDPOINT_URL: 'http://minio:9000/' };
  expect(parseS3Place('s3://money', local)?.url).toBe('http://minio:9000/money');
  expect(parseS3Place('s3://money', { ...local, AWS_S3_FORCE_PATH_STYLE: 'false' })?.url).toBe(
    'http://money.minio:9000',
  );
  expect(() => parseS3Place('s3://money', {})).toThrow(/AWS_ACCESS_KEY_ID/);
  expect(() => parseS3Place('s3://', env)).toThrow(/bucket/);
});
