import { crc32, deflateRawSync } from 'node:zlib';

export interface ZippedFile {
  readonly name: string;
  readonly content: string | Uint8Array;
  readonly deflated?: boolean;
  /** The unpacked size that the archive states, if not the true one. */
  readonly stated?: number;
  readonly encrypted?: boolean;
}

/** A .zip of these files, byte by byte, so that it may lie. */
export function zipBytes(files: readonly ZippedFile[]): Buffer {
  const locals: Buffer[] = [];
  const entries: Buffer[] = [];
  let offset = 0;
  for (const { name, content, deflated = false, stated, encrypted = false } of files) {
    const raw = Buffer.from(content as string);
    const data = deflated ? deflateRawSync(raw) : raw;
    const fields = Buffer.alloc(26);
    fields.writeUInt16LE(20, 0);
    fields.writeUInt16LE(encrypted ? 1 : 0, 2);
    // A stored file cannot lie: then both sizes are the same.
    fields.writeUInt16LE(deflated || stated !== undefined ? 8 : 0, 4);
    fields.writeUInt32LE(crc(raw), 10);
    fields.writeUInt32LE(data.length, 14);
    fields.writeUInt32LE(stated ?? raw.length, 18);
    fields.writeUInt16LE(Buffer.byteLength(name), 22);
    const local = Buffer.concat([Buffer.from('PK\x03\x04'), fields, Buffer.from(name), data]);
    const tail = Buffer.alloc(14);
    tail.writeUInt32LE(offset, 10);
    entries.push(Buffer.concat([Buffer.from('PK\x01\x02\x14\x00'), fields, tail, Buffer.from(name)]));
    locals.push(local);
    offset += local.length;
  }
  const directory = Buffer.concat(entries);
  const end = Buffer.alloc(18);
  end.writeUInt16LE(files.length, 4);
  end.writeUInt16LE(files.length, 6);
  end.writeUInt32LE(directory.length, 8);
  end.writeUInt32LE(offset, 12);
  return Buffer.concat([...locals, directory, Buffer.from('PK\x05\x06'), end]);
}

/** Node has it from 20.15 and 22.2 on. */
const crc = crc32 as (data: Uint8Array) => number;
