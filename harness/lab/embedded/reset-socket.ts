import type { Socket } from 'node:net'

/**
 * Aborts a TCP connection with RST, in whatever state the socket is.
 *
 * Node's own `resetAndDestroy` leaks the descriptor and leaves the event loop spinning where `end` was called and its
 * FIN is not yet on the way (libuv refuses to reset a stream that is shutting down), and waits without end where the
 * connection is not yet made.
 */
export function resetSocket(socket: Socket): void {
  const shuttingDown = socket.writableEnded && !socket.writableFinished
  if (socket.destroyed) return
  if (socket.connecting) socket.destroy()
  else if (!shuttingDown) socket.resetAndDestroy()
  else if (socket.writableLength > 0) socket.destroy()
  else socket.once('finish', () => socket.destroyed || socket.resetAndDestroy())
}
