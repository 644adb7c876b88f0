import fs from 'node:fs';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { parseS3Place } from '../../src/lake/store/s3Place.ts';
import { S3Requests } from '../../src/lake/store/s3Requests.ts';
import { s3Store } from '../../src/lake/store/s3Store.ts';
import { temporaryFolder } from '../support/folder.ts';

// How we behave towards a store that fails. That we speak S3 is proven against a real one: test/lake/engines.py.
const objects = new Map<string, Buffer>();
let troubles: ('503' | 'hang up' | 'hang up after it' | '403')[] = [];
let requests = 0;

const server = http.createServer((request, response) => {
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => chunks.push(chunk));
  request.on('end', () => {
    requests++;
    const trouble = troubles.shift();
    if (trouble === 'hang up') return void request.socket.destroy();
    if (trouble === '503' || trouble === '403') {
      response.writeHead(Number(trouble));
      return void response.end(`<Error><Code>C${trouble}</Code><Message>not now</Message></Error>`);
    }
    answer(request, response, Buffer.concat(chunks));
    if (trouble === 'hang up after it') request.socket.destroy();
    else response.end();
  });
});

function answer(request: http.IncomingMessage, response: http.ServerResponse, body: Buffer): void {
  const url = new URL(request.url ?? '', 'http://x');
  const key = decodeURIComponent(url.pathname);
  const part = url.searchParams.get('partNumber');
  if (request.method === 'POST' && url.searchParams.has('uploads')) response.write('<X><UploadId>u1</UploadId></X>');
  else if (request.method === 'POST') {
    const parts = [...objects.keys()].filter((name) => name.startsWith(`${key}#`)).sort();
    objects.set(key, Buffer.concat(parts.map((name) => objects.get(name) ?? Buffer.alloc(0))));
  } else if (request.method === 'PUT' && part !== null) {
    objects.set(`${key}#${part.padStart(3, '0')}`, body);
    response.setHeader('etag', `"${part}"`);
  } else if (request.method === 'PUT' && request.headers['if-none-match'] === '*' && objects.has(key))
    response.writeHead(412);
  else if (request.method === 'PUT') objects.set(key, body);
  else if (request.method === 'DELETE') objects.delete(key);
  else if (objects.has(key)) response.end(objects.get(key));
  else response.writeHead(404);
}

const folder = temporaryFolder();
let place: NonNullable<ReturnType<typeof parseS3Place>>;
const signal = new AbortController().signal;

beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const env = { AWS_ACCESS_KEY_ID: 'a', AWS_SECRET_ACCESS_KEY: 'b', AWS_ENDPOINT_URL: endpoint };
  place = parseS3Place('s3://money/pre', env) as typeof place;
});
afterAll(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  folder.remove();
});
beforeEach(() => {
  objects.clear();
  troubles = [];
  requests = 0;
});

test('what fails for a while is tried again', async () => {
  const store = s3Store(place, 'public/t', signal);
  troubles = ['503', 'hang up', '503'];
  await store.write('a', Buffer.from('x'));
  expect(requests).toBe(4);
  expect((await store.read('a'))?.toString()).toBe('x');
  expect([...objects.keys()]).toEqual(['/money/pre/public/t/a']);
});

test('what is refused for good is told at once, without the secret', async () => {
  troubles = ['403'];
  const failure = s3Store(place, 't', signal).write('a', Buffer.from('x'));
  await expect(failure).rejects.toMatchObject({
    code: 'LAKE_STORE',
    message: 'PUT s3://money/pre/t/a: 403 C403 not now',
  });
  expect(requests).toBe(1);
});

test('put-if-absent: the second writer is told, and a lost answer is not taken for a second writer', async () => {
  const store = s3Store(place, 't', signal);
  troubles = ['hang up after it'];
  expect(await store.writeNew('v1', Buffer.from('mine'))).toBe(true);
  expect(await store.writeNew('v1', Buffer.from('theirs'))).toBe(false);
  expect((await store.read('v1'))?.toString()).toBe('mine');
});

test('a large file goes in parts, each tried again for itself', async () => {
  const file = path.join(folder.path, 'large');
  const content = Buffer.from(Array.from({ length: 2500 }, (_, index) => index % 251));
  fs.writeFileSync(file, content);
  troubles = ['503', '503'];
  await new S3Requests(place, signal).putParts('large', file, content.length, 1000);
  expect(objects.get('/money/large')?.equals(content)).toBe(true);
  expect(requests).toBe(1 + 3 + 1 + 2);
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
