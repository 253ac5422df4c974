import type { RpcTypedData } from '../worker/rpc.ts';
import { eventTypes } from './history.ts';
import type { InboxMessage } from './instance.ts';
import type { Work } from './pending.ts';

/** COR_E_EXCEPTION of .NET. */
const HRESULT = -2_146_233_088;
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
  if (value.string !== undefined) return dotnetJson(value.string);
  if (value.int !== undefined) {
    if (Math.abs(value.int) >= INT64)
      throw new RangeError(`An activity returned ${value.int}, which Azure would corrupt: return it inside an object.`);
    return JSON.stringify(value.int);
  }
  if (value.double !== undefined) return JSON.stringify(value.double);
  return value.bytes === undefined ? null : JSON.stringify(Buffer.from(value.bytes).toString('base64'));
}

/** JSON of a text as .NET writes it: line separators are escaped. @source durable-traces, unicode */
function dotnetJson(text: string): string {
  return JSON.stringify(text)
    .replaceAll('\u2028', String.raw`\u2028`)
    .replaceAll('\u2029', String.raw`\u2029`);
}

/** The completion of an activity as a message to its orchestration. @source local-runtime.md 3.3: texts of the host */
export function activityMessage(work: Work, error: Error | undefined, result: string | null): InboxMessage {
  const target = { instanceId: work.instanceId, executionId: work.executionId };
  if (error === undefined)
    return { ...target, type: eventTypes.taskCompleted, fields: { TaskScheduledId: work.taskId, Result: result } };
  const reason = `Activity function '${work.name}' failed: ${error.message}`;
  return {
    ...target,
    type: eventTypes.taskFailed,
    fields: { TaskScheduledId: work.taskId, Reason: reason, Details: detailsOf(error), FailureDetails: null },
  };
}

/** What the host writes of a failed activity, as .NET writes exceptions. @source durable-traces, activity_fail */
function detailsOf({ message, stack = '' }: Error): string {
  const none = { HelpURL: null, StackTraceString: null, RemoteStackTraceString: null, RemoteStackIndex: 0 };
  return JSON.stringify({
    $type: 'System.Exception, System.Private.CoreLib',
    ClassName: 'System.Exception',
    Message: message,
    Data: null,
    InnerException: {
      $type: 'Microsoft.Azure.WebJobs.Script.Workers.Rpc.RpcException, Microsoft.Azure.WebJobs.Script',
      IsUserException: false,
      RemoteStackTrace: stack,
      RemoteMessage: message,
      RemoteTypeName: null,
      Message: `Result: Failure\nException: ${message}\nStack: ${stack}`,
      Data: { $type: 'System.Collections.ListDictionaryInternal, System.Private.CoreLib' },
      InnerException: null,
      HelpLink: null,
      Source: 'System.Private.CoreLib',
      HResult: HRESULT,
      StackTrace: null,
    },
    ...none,
    ExceptionMethod: null,
    HResult: HRESULT,
    Source: null,
    WatsonBuckets: null,
  });
}
