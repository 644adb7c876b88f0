import net from 'node:net';

/** A socket that reads into the same memory again and again: a buffer for each read keeps the garbage collector busy. */
export interface ReaderSocket extends net.Socket {
  /**
   * Takes what was read instead of the listeners for 'data': `memory` from `start` to `end`, good until it returns. It may
   * be overwritten, what stands before `start` too.
   */
  takeChunk?: ((memory: Buffer, start: number, end: number) => void) | undefined;
}

const READ_BYTES = 256 << 10;
/** Room before what is read, for the beginning of a message of which the rest was still to come. */
const HEADROOM = 64 << 10;
/** After a smaller read more is waited for: the server sends 8 KB at a time, and each read costs what it costs. */
const WORTH_READING = 96 << 10;
const WAIT_MS = 1;

/** A socket for a connection without TLS. Listeners for 'data' get copies, as they may keep them. */
export function openReaderSocket(): ReaderSocket {
  const memory = Buffer.allocUnsafeSlow(HEADROOM + READ_BYTES);
  const onread: net.OnReadOpts = {
    buffer: memory.subarray(HEADROOM),
    callback: (bytes) => {
      if (socket.takeChunk === undefined) {
        socket.emit('data', Buffer.from(memory.subarray(HEADROOM, HEADROOM + bytes)));
        return true;
      }
      socket.takeChunk(memory, HEADROOM, HEADROOM + bytes);
      // Unless the taker has had its last chunk, or asked for patience itself. While paused, nobody else resumes.
      if (bytes < WORTH_READING && socket.takeChunk !== undefined && !socket.isPaused()) {
        socket.pause();
        setTimeout(() => socket.resume(), WAIT_MS);
      }
      return true;
    },
  };
  const options: net.SocketConstructorOpts & Pick<net.TcpSocketConnectOpts, 'onread'> = { onread };
  const socket: ReaderSocket = new net.Socket(options);
  return socket;
}
