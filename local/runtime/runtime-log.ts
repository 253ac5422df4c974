import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { join } from 'node:path';

import type { WorkerLog } from '../worker/worker.ts';

/** The runtime's log: what the app and the stand-ins say, as JSON lines. */
export interface RuntimeLog {
  readonly file: string;
  write(entry: WorkerLog): void;
  close(): Promise<void>;
}

/** Opens `runtime.log` in the state folder; it is appended to. */
export async function openRuntimeLog(stateFolder: string): Promise<RuntimeLog> {
  const file = join(stateFolder, 'runtime.log');
  const stream = createWriteStream(file, { flags: 'a', mode: 0o600 });
  await once(stream, 'open');
  return {
    file,
    write: (entry) => void stream.write(`${JSON.stringify({ time: new Date().toISOString(), ...entry })}\n`),
    close: async () => {
      stream.end();
      await once(stream, 'close');
    },
  };
}
