import type { RpcTypedData } from '../worker/rpc.ts';
import { eventTypes } from './history.ts';
import type { InboxMessage } from './instance.ts';
import type { WorkRow } from './store.ts';

/** Integers beyond this are garbage in Azure; here they are an error. @source local-runtime.md 2.2 */
const INT64 = 2 ** 63;

/**
 * The JSON text of an activity's result; null where it returned nothing.
 *
 * @throws {RangeError} an integer that Azure would corrupt
 */
export function resultText(value: RpcTypedData | undefined): string | null {
  if (value === undefined) return null;
  if (value.json !== undefined) return value.json === 'null' ? null : value.json;
  if (value.string !== undefined) return JSON.stringify(value.string);
  if (value.int !== undefined) {
    if (Math.abs(value.int) >= INT64)
      throw new RangeError(`An activity returned ${value.int}, which Azure would corrupt: return it inside an object.`);
    return JSON.stringify(value.int);
  }
  if (value.double !== undefined) return JSON.stringify(value.double);
  return value.bytes === undefined ? null : JSON.stringify(Buffer.from(value.bytes).toString('base64'));
}

/** The completion of an activity as a message to its orchestration. @source local-runtime.md 3.3: texts of the host */
export function activityMessage(work: WorkRow, error: Error | undefined, result: string | null): InboxMessage {
  const target = { instanceId: work.instanceId, executionId: work.executionId, doneWorkId: work.rowId };
  if (error === undefined)
    return { ...target, type: eventTypes.taskCompleted, fields: { TaskScheduledId: work.taskId, Result: result } };
  const reason = `Activity function '${work.name}' failed: ${error.message}`;
  const details = JSON.stringify({
    $type: 'System.Exception',
    ClassName: 'Microsoft.Azure.WebJobs.Host.FunctionInvocationException',
    Message: reason,
    RemoteStackTrace: error.stack ?? '',
  });
  return {
    ...target,
    type: eventTypes.taskFailed,
    fields: { TaskScheduledId: work.taskId, Reason: reason, Details: details, FailureDetails: null },
  };
}
