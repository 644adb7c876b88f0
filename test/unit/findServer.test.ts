import { describe, expect, test } from '@jest/globals';
import { judge } from '../../src/postgres/embedded/findServer.ts';
import type { ProcessProof } from '../../src/postgres/embedded/processProof.ts';
import type { SocketProof } from '../../src/postgres/embedded/socketProof.ts';

const FILE = { pid: 71, startedAt: 1, port: 5432, host: '/tmp/s', ready: true };

describe('what runs on the data folder of the embedded server', () => {
  // Process and socket as they were seen; the socket is not asked while the pid file does not claim to be ready.
  test.each<[ProcessProof, SocketProof | null, { kind: string; pid?: number | null }]>([
    ['ours', 'ours', { kind: 'running', pid: 71 }],
    ['ours', 'busy', { kind: 'running', pid: 71 }],
    ['ours', 'silent', { kind: 'deaf', pid: 71 }],
    ['ours', null, { kind: 'starting', pid: 71 }],
    // A pid used again: whatever lives under it is left alone.
    ['other', 'silent', { kind: 'none' }],
    ['other', 'other', { kind: 'none' }],
    ['other', 'busy', { kind: 'none' }],
    ['other', null, { kind: 'none' }],
    // Ours answers, but the number is another process's here: used, and never stopped.
    ['other', 'ours', { kind: 'running', pid: null }],
    // Where no platform tells whose a process is, the socket decides, and PostgreSQL's own guard in the end.
    ['unknown', 'ours', { kind: 'running', pid: 71 }],
    ['unknown', 'other', { kind: 'none' }],
    ['unknown', 'silent', { kind: 'none' }],
    ['unknown', 'busy', { kind: 'unproven', pid: 71 }],
    ['unknown', null, { kind: 'unproven', pid: 71 }],
  ])('process %s, socket %s', (process, socket, expected) => {
    expect(judge(FILE, process, socket)).toMatchObject(expected);
  });
});
