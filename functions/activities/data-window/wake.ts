import { windowInstanceId } from '#shared/domain/data-window/keys.ts';
import { WINDOW_EVENT } from '#shared/domain/data-window/waiting.ts';

import type { ProtocolDependencies } from './protocol-dependencies.ts';
import { newestWindows } from './window-store.ts';

/** Tells the newest window to look again now, if it waits; it would by itself within a minute. */
export async function wakeWaitingWindow(
  deps: Pick<ProtocolDependencies, 'records' | 'client'>,
  pipeline: string,
): Promise<void> {
  const newest = (await newestWindows(deps, pipeline, 1))[0];
  if (newest?.window.state === 'open')
    await deps.client.raiseEvent(windowInstanceId(pipeline, newest.window.generation), WINDOW_EVENT, {});
}
