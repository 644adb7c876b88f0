import fs from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { clearDeadRuns, writeJournal } from '../../src/lake/journal.ts';
import { patienceFor, sentBody } from '../../src/lake/store/s3Bodies.ts';
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
  const store = s3Store(place, 'public/t', signal, { patienceMs: 5_000 });
  troubles = ['503', 'hang up', '500'];
  await store.write('a', Buffer.from('x'));
  expect(server.requests).toBe(4);
  expect((await store.read('a'))?.toString()).toBe('x');
  expect([...server.objects.keys()]).toEqual(['/money/pre/public/t/a']);
});

test('what is refused for good is told at once, without the secret', async () => {
  troubles = ['403'];
  const failure = s3Store(place, 't', signal, { patienceMs: 5_000 }).write('a', Buffer.from('x'));
  await expect(failure).rejects.toMatchObject({
    code: 'LAKE_STORE',
    message: 'PUT s3://money/pre/t/a: 403 C403 not now',
  });
  expect(server.requests).toBe(1);
});

test('put-if-absent: the second writer is told, and a lost answer is not taken for a second writer', async () => {
  const store = s3Store(place, 't', signal, { patienceMs: 5_000 });
  troubles = ['hang up after it'];
  expect(await store.writeNew('v1', Buffer.from('mine'))).toBe(true);
  expect(await store.writeNew('v1', Buffer.from('theirs'))).toBe(false);
  expect((await store.read('v1'))?.toString()).toBe('mine');
});

/** A file that goes in three parts. */
function largeFile(size = 2500): {
  file: string;
  content: Buffer;
  send: (patienceMs?: number, partBytes?: number) => Promise<void>;
} {
  const file = path.join(folder.path, 'large');
  const content = Buffer.alloc(size, Buffer.from(Array.from({ length: 251 }, (_, index) => index)));
  fs.writeFileSync(file, content);
  const send = (patienceMs?: number, partBytes = Math.ceil(size / 2.5)): Promise<void> =>
    putParts(new S3Requests(place, signal, patienceMs), 'large', file, content.length, partBytes);
  return { file, content, send };
}

const OK = undefined;
const PARTS = 3;
test.each<[string, (Trouble | undefined)[], number]>([
  ['each tried again for itself', [OK, '503', '503'], 1 + PARTS + 1 + 2],
  // The first is listed as an upload without an end, and given up.
  ['the answer to the beginning lost', ['hang up after it'], 1 + 1 + PARTS + 1 + 2],
  ['cut and slowed down in the middle', [OK, OK, 'hang up', '503', 'hang up after it'], 1 + PARTS + 1 + 3],
  ['cut in the middle of a part, refused before it is taken', [OK, OK, 'cut', '503 at once'], 1 + PARTS + 1 + 2],
  ['a store that has waited too long for us', [OK, '400 RequestTimeout'], 1 + PARTS + 1 + 1],
  ['a store that stops answering in the middle', [OK, OK, 'silence'], 1 + PARTS + 1 + 1],
  ['a store that stops taking in the middle', [OK, OK, 'stall'], 1 + PARTS + 1 + 1],
  // The store does not know the upload then, and has the file.
  ['the answer to the end lost', [OK, OK, OK, OK, 'hang up after it'], 1 + PARTS + 1 + 2],
  ['an error with status 200 at its end', [OK, OK, OK, OK, '200 with an error'], 1 + PARTS + 1 + 1],
  ['a store that does all of it slowly', Array(10).fill('slow'), 1 + PARTS + 1],
])('a large file goes in parts: %s', async (_what, planned, requests) => {
  const { content, send } = largeFile(1 << 20);
  troubles = planned;
  const waits = planned.some((trouble) => trouble === 'silence' || trouble === 'stall');
  await send(waits ? 500 : 10_000);
  expect(server.objects.get('/money/large')?.equals(content)).toBe(true);
  expect(server.uploads.size).toBe(0);
  // With so little patience more of them may be sent again.
  if (waits) expect(server.requests).toBeGreaterThanOrEqual(requests);
  else expect(server.requests).toBe(requests);
});

test.each<[Trouble, RegExp]>([
  ['403', /403 C403 not now/],
  ['500', /500 C500 not now/],
  ['503 at once', /503 SlowDown not now/],
  ['cut', /other side closed|ECONNRESET|EPIPE/],
  ['silence', /no answer within 0\.\d s/],
  ['stall', /no answer within 0\.\d s/],
])('an upload that ends in its middle (%s) is given up, and said so', async (trouble, why) => {
  const { send } = largeFile(1 << 20);
  troubles = [OK, OK, ...Array<Trouble>(trouble === '403' ? 1 : 8).fill(trouble)];
  const waits = trouble === 'silence' || trouble === 'stall';
  const failure: unknown = await send(waits ? 60 : 2000).catch((error: unknown) => error);
  expect(failure).toMatchObject({ code: 'LAKE_STORE', message: expect.stringMatching(why) });
  expect(failure).toMatchObject({ message: expect.stringMatching(/^PUT s3:\/\/money\/large: /) });
  expect(server.objects.size + server.uploads.size).toBe(0);
});

test('an end that fails with status 200, again and again, is no end', async () => {
  const { send } = largeFile();
  server.trouble = ({ method, url }) => (method === 'POST' && /uploadId/.test(url ?? '') ? '200 with an error' : OK);
  await expect(send(200)).rejects.toMatchObject({ code: 'LAKE_STORE', message: 'POST s3://money/large: not now' });
  expect(server.objects.size + server.uploads.size).toBe(0);
});

test('whoever takes or says something is waited for, however long all of it takes', async () => {
  let signs = 0;
  const content = Buffer.alloc(1 << 20, 'money');
  const { body, headers } = sentBody(content, () => void signs++);
  const pieces: Uint8Array[] = [];
  for await (const piece of body as AsyncIterable<Uint8Array>) {
    pieces.push(piece);
    expect(signs).toBe(pieces.length);
  }
  expect(Buffer.concat(pieces).equals(content)).toBe(true);
  expect(pieces.length).toBeGreaterThan(2);
  expect(headers).toEqual({ 'content-length': String(content.length) });
  // More may lie in the system's buffers, but not without end.
  expect(patienceFor(Buffer.alloc(0), 30_000)).toBe(30_000);
  expect(patienceFor(Buffer.alloc(16 << 20), 30_000)).toBe(patienceFor(Buffer.alloc(8 << 20), 30_000));
  // Twenty pieces, each of them well within the patience that all together exceed.
  server.objects.set('/money/slow', content);
  server.trouble = () => 'slow';
  server.slowMs = 15;
  expect((await new S3Requests(place, signal, 200).get('slow'))?.equals(content)).toBe(true);
});

test('412 is an answer only to who asked for it', async () => {
  server.objects.set('/money/x', Buffer.from('x'));
  const request = { method: 'PUT', body: Buffer.from('y'), headers: { 'if-none-match': '*' } };
  await expect(new S3Requests(place, signal).send('x', request, async () => 'taken')).rejects.toMatchObject({
    message: 'PUT s3://money/x: 412',
  });
});

test('what a killed run had sent of a file in parts is given up by the next one, and nothing else', async () => {
  const store = s3Store(place, 'public/t', signal, { patienceMs: 5_000 });
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
