import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { Readable } from 'node:stream';
import { runQuery } from '../../app/query/query.ts';
import { queryToParquet } from '../../app/query/queryToParquet.ts';
import type { DuckDbReader } from '../../duckdb/reader.ts';
import { memoryShare } from '../../duckdb/readerLimits.ts';
import { FinanceDbError } from '../../errors/financeDbError.ts';
import { csvWriter } from '../../render/csv.ts';
import { withSampleColumn } from '../../render/sampleColumn.ts';
import { type ApiCall, SNAPSHOT_HEADER, withLease } from './call.ts';
import { streamBody } from './stream.ts';

/** The headers of what is kept as a file. */
export function attachment(name: string, type: string): Record<string, string> {
  return { 'Content-Type': type, 'Content-Disposition': `attachment; filename="${name}"` };
}

/**
 * The results of SELECTs of the same columns as one CSV, however many rows they have: made as fast as it is read.
 * @param sqlOf makes the SQL, knowing the snapshot
 */
export async function csvAnswer(
  call: ApiCall,
  name: string,
  sqlOf: (reader: DuckDbReader) => Promise<readonly string[]>,
): Promise<Response> {
  const { snapshots, limits, options } = call.services;
  const lease = await snapshots.lease(call.signal);
  const { reader, snapshot } = lease;
  const pieces = (async function* () {
    // It is read for as long as the visitor takes: a turn of its own, from the beginning.
    await lease.connect();
    const writer = snapshot.sample || snapshot.sampleTables.length > 0 ? withSampleColumn(csvWriter()) : csvWriter();
    let held = writer.open();
    let begun = false;
    for (const sql of await sqlOf(reader))
      for await (const { columns, chunks } of runQuery(reader, { sql, params: [], signal: call.signal })) {
        if (!begun) held += writer.begin(columns);
        begun = true;
        for await (const chunk of chunks) {
          yield held + writer.rows(chunk);
          held = '';
        }
      }
    yield held + writer.end() + writer.close();
  })();
  const body = await streamBody(pieces, {
    drainMs: limits.drainMs,
    done: () => lease.release(),
    cut: (why) => {
      if (!call.signal.aborted) options.log(`${name} was cut off: ${why}`);
      call.visit.env.outgoing.destroy();
    },
  });
  return new Response(body, {
    headers: { ...attachment(name, 'text/csv; charset=utf-8'), [SNAPSHOT_HEADER]: snapshot.id },
  });
}

/** Parquet is made of a whole result, so it is written aside first. */
const MEMORY_SHARE = 0.25;
const MOST_TRIES = 3;

/**
 * The result of one SELECT as a Parquet file.
 * @param sqlOf makes the SQL, knowing the snapshot
 */
export async function parquetAnswer(
  call: ApiCall,
  name: string,
  sqlOf: (reader: DuckDbReader) => Promise<string>,
): Promise<Response> {
  const { config } = call.services.options;
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'finance-db-parquet-'));
  const file = path.join(folder, name);
  const remove = (): void => fs.rmSync(folder, { recursive: true, force: true });
  try {
    for (let attempt = 1; ; attempt++) {
      const id = await withLease(call, async ({ connect, reader, snapshot }) => {
        // The writing reader is another one, and takes a turn like all others.
        await connect();
        const sql = await sqlOf(reader);
        const request = { sql, params: [], signal: call.signal };
        const memory = config.memory ?? memoryShare(MEMORY_SHARE);
        const sample = snapshot.sample || snapshot.sampleTables.length > 0;
        await queryToParquet(request, file, config.duckdbPath, { memory, timeZone: config.timeZone, sample });
        return snapshot.id;
      });
      // The writing reader opened the file by its path: it has to be the one that the SQL was made for.
      if (id === call.services.snapshots.currentId()) return sendFile(file, name, id, remove);
      if (attempt === MOST_TRIES)
        throw new FinanceDbError('WEB_BUSY', 'the data was replaced again and again meanwhile');
    }
  } catch (error) {
    remove();
    throw error;
  }
}

function sendFile(file: string, name: string, id: string, remove: () => void): Response {
  const { size } = fs.statSync(file);
  const stream = fs.createReadStream(file);
  stream.once('close', remove);
  return new Response(Readable.toWeb(stream) as ReadableStream<Uint8Array>, {
    headers: {
      ...attachment(name, 'application/vnd.apache.parquet'),
      'Content-Length': String(size),
      [SNAPSHOT_HEADER]: id,
    },
  });
}
