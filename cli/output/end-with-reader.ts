/** What a stream says when nobody reads it any more: a closed pipe, a closed terminal. */
const GONE = new Set(['EPIPE', 'EIO']);

/**
 * Ends the command quietly when the reader of its output is gone, as in `whence run watch | head`. A command that has
 * something to stop, and listens for SIGTERM, is asked to stop.
 *
 * @param stream - where the answer goes
 */
export function endWithReader(stream: NodeJS.WriteStream): void {
  let isGone = false;
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (!GONE.has(error.code ?? '')) throw error;
    if (isGone) return;
    isGone = true;
    if (!process.emit('SIGTERM')) process.exit();
  });
}
