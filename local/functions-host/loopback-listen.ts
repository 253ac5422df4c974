import { Server, type ListenOptions } from 'node:net';

/**
 * Makes every server of this process that names no host listen on the loopback address only. The HTTP stream proxy of
 * `@azure/functions` names none and would listen on every interface; on a laptop nothing may.
 *
 * @returns a function that undoes it
 */
export function listenOnLoopbackOnly(): () => void {
  const original = Server.prototype.listen;
  function listen(this: Server, ...args: unknown[]): Server {
    const [first, second, ...rest] = args;
    const call = original as (this: Server, ...all: unknown[]) => Server;
    if (typeof first === 'number' && typeof second !== 'string') return call.call(this, first, '127.0.0.1', ...(second === undefined ? [] : [second]), ...rest);
    if (typeof first === 'object' && first !== null && !('path' in first) && !('fd' in first)) return call.call(this, { host: '127.0.0.1', ...(first as ListenOptions) }, second, ...rest);
    return call.call(this, ...args);
  }
  Server.prototype.listen = listen as typeof Server.prototype.listen;
  return () => {
    Server.prototype.listen = original;
  };
}
