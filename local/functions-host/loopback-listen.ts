import { Server, type ListenOptions } from 'node:net';

/** Servers that were made while the guard was on. */
export interface LoopbackGuard {
  /** From here on, servers listen where they are told. */
  release(): void;
  /** Closes the servers that began to listen under the guard. */
  closeServers(): Promise<void>;
}

/**
 * Makes every server of this process that names no host listen on the loopback address only. The HTTP stream proxy of
 * `@azure/functions` names none and would listen on every interface; on a laptop nothing may. The library never closes
 * it either, so the guard keeps what began to listen.
 */
export function guardListening(): LoopbackGuard {
  const original = Server.prototype.listen;
  const servers = new Set<Server>();
  function listen(this: Server, ...args: unknown[]): Server {
    servers.add(this);
    const call = original as (this: Server, ...all: unknown[]) => Server;
    return call.apply(this, onLoopback(args));
  }
  Server.prototype.listen = listen as typeof Server.prototype.listen;
  return {
    release: () => {
      Server.prototype.listen = original;
    },
    closeServers: async () => {
      await Promise.all([...servers].map(close));
    },
  };
}

/** The arguments of `listen` with a host, where they name none: `listen()`, `listen(callback)`, `listen(port, …)`, `listen(options)`. */
function onLoopback(args: readonly unknown[]): unknown[] {
  const [first, second, ...rest] = args;
  if (first === undefined || typeof first === 'function')
    return [0, '127.0.0.1', ...args.filter((one) => typeof one === 'function')];
  if (typeof first === 'number')
    return typeof second === 'string'
      ? [...args]
      : [first, '127.0.0.1', ...[second, ...rest].filter((one) => one !== undefined)];
  if (typeof first === 'object' && first !== null && !('path' in first) && !('fd' in first))
    return [{ host: '127.0.0.1', ...(first as ListenOptions) }, ...args.slice(1)];
  return [...args];
}

function close(server: Server): Promise<void> {
  return new Promise((resolve) => {
    if (!server.listening) {
      resolve();
      return;
    }
    server.close(() => resolve());
    if ('closeAllConnections' in server && typeof server.closeAllConnections === 'function')
      server.closeAllConnections();
  });
}
