import fs from 'node:fs';
import { isFinanceDbError } from '../../errors/financeDbError.ts';
import { element, type S3Requests, unescaped } from './s3Requests.ts';

/**
 * Sends a file in parts, each tried again for itself. Until the last request the store shows nothing of it.
 * @throws FinanceDbError LAKE_STORE; parts that were sent are given up then
 */
export async function putParts(
  requests: S3Requests,
  key: string,
  file: string,
  size: number,
  partBytes: number,
): Promise<void> {
  let begunTwice = false;
  const uploadId = await requests.send(key, { method: 'POST', query: 'uploads=' }, async (answer) => {
    begunTwice = answer.attempt > 1;
    return element(await answer.text(), 'UploadId');
  });
  const query = `uploadId=${encodeURIComponent(uploadId)}`;
  const fd = fs.openSync(file, 'r');
  try {
    const tags: string[] = [];
    for (let from = 0; from < size; from += partBytes) {
      const part = Buffer.alloc(Math.min(partBytes, size - from));
      fs.readSync(fd, part, 0, part.length, from);
      const request = { method: 'PUT', body: part, query: `partNumber=${tags.length + 1}&${query}` };
      tags.push(await requests.send(key, request, async ({ headers }) => headers.get('etag') ?? ''));
    }
    await complete(requests, key, query, tags, size);
  } catch (error) {
    // A store that is gone is not waited for once more: the next run gives up what this one began.
    const abort = { method: 'DELETE', query, mayMiss: true, tries: 2 };
    await requests.send(key, abort, async () => undefined).catch(() => undefined);
    throw error;
  } finally {
    fs.closeSync(fd);
    // The answer to the first beginning was lost, and with it the name of an upload.
    if (begunTwice) await dropUploads(requests, key, [key]);
  }
}

async function complete(
  requests: S3Requests,
  key: string,
  query: string,
  tags: readonly string[],
  size: number,
): Promise<void> {
  const parts = tags.map((tag, index) => `<Part><PartNumber>${index + 1}</PartNumber><ETag>${tag}</ETag></Part>`);
  const body = Buffer.from(`<CompleteMultipartUpload>${parts.join('')}</CompleteMultipartUpload>`);
  const request = { method: 'POST', query, body, mayMiss: true };
  const done = await requests.send(key, request, async ({ status, attempt, text: read }) => {
    const text = await read();
    // Of an upload that was completed, with the answer lost, the store knows no more than the file.
    if (status === 404) return attempt > 1 && (await requests.head(key)) === size;
    // Failures of this request may come with status 200.
    if (text.includes('<Error>')) throw new Error(element(text, 'Message') || 'the upload was not completed');
    return true;
  });
  if (!done) throw requests.failure('POST', key, 'the store does not know of the upload any more');
}

/**
 * Gives up uploads in parts that were begun and never ended: nobody sees them, and they are paid for. A store that does not list them,
 * or not for us, keeps them until a rule of its bucket ends them.
 * @param prefix where `keys` lie
 */
export async function dropUploads(requests: S3Requests, prefix: string, keys: readonly string[]): Promise<void> {
  const ours = new Set(keys);
  try {
    let markers = '';
    do {
      const query = `uploads=&prefix=${encodeURIComponent(prefix)}${markers}`;
      const text = await requests.send('', { method: 'GET', query }, (answer) => answer.text());
      for (const [, upload = ''] of text.matchAll(/<Upload>(.*?)<\/Upload>/gs)) {
        const [key, id] = [unescaped(element(upload, 'Key')), element(upload, 'UploadId')];
        const abort = { method: 'DELETE', query: `uploadId=${encodeURIComponent(id)}`, mayMiss: true };
        if (ours.has(key)) await requests.send(key, abort, async () => undefined);
      }
      const [nextKey, nextId] = [element(text, 'NextKeyMarker'), element(text, 'NextUploadIdMarker')];
      const more = element(text, 'IsTruncated') === 'true' && nextKey !== '';
      markers = more
        ? `&key-marker=${encodeURIComponent(unescaped(nextKey))}&upload-id-marker=${encodeURIComponent(nextId)}`
        : '';
    } while (markers !== '');
  } catch (error) {
    if (!isFinanceDbError(error)) throw error;
  }
}
