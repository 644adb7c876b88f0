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

/** A socket for a connection without TLS. Listeners for 'data' get copies, as they may keep them. */
export function openReaderSocket(): ReaderSocket {
  const memory = Buffer.allocUnsafeSlow(HEADROOM + READ_BYTES);
  const options: net.SocketConstructorOpts & Pick<net.TcpSocketConnectOpts, 'onread'> = {
    onread: {
      buffer: memory.subarray(HEADROOM),
      callback: (bytes: number) => {
        if (socket.takeChunk !== undefined) {
          socket.takeChunk(memory, HEADROOM, HEADROOM + bytes);
          if (bytes < +(process.env.LOW ?? 0) && !socket.isPaused()) {
            socket.pause();
            setTimeout(() => socket.resume(), 1);
          }
        } else socket.emit('data', Buffer.from(memory.subarray(HEADROOM, HEADROOM + bytes)));
        return true;
      },
    },
  };
  const socket: ReaderSocket = new net.Socket(options);
  return socket;
}
