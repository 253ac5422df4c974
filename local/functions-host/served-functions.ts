import type { RegisteredFunction } from '../worker/worker.ts';
import { HttpTriggers } from './http-trigger.ts';
import { resolveSetting, type Settings } from './resolve-setting.ts';

/** A function as the list shows it. */
export interface ServedFunction {
  readonly name: string;
  readonly trigger: string;
  /** Methods and route, queue or schedule; empty for orchestrations and activities. */
  readonly where: string;
}

/** The app registered something that the laptop does not serve, or nothing at all. */
export class UnservedFunctions extends Error {
  override readonly name = 'UnservedFunctions';
}

/** Types of bindings that are served, beside each function's trigger. */
const servedTriggers = new Set([
  'httptrigger',
  'timertrigger',
  'servicebustrigger',
  'orchestrationtrigger',
  'activitytrigger',
]);
const servedBindings = new Set(['http', 'durableclient', 'orchestrationclient']);

/**
 * Makes the list of an app's functions, and refuses an app with functions that would stand still here.
 *
 * @throws {UnservedFunctions} with the reasons and the whole list
 */
export function listFunctions(
  functions: readonly RegisteredFunction[],
  routePrefix: string,
  settings: Settings,
): readonly ServedFunction[] {
  if (functions.length === 0)
    throw new UnservedFunctions(
      'The app registered no function. Is there a second copy of @azure/functions in its dependencies?',
    );
  const list = functions.map((fn) => ({
    name: fn.name,
    trigger: fn.trigger.type,
    where: whereOf(fn, routePrefix, settings),
  }));
  const problems = functions.flatMap((fn) => problemsOf(fn).map((problem) => `${fn.name}: ${problem}`));
  if (problems.length > 0) {
    throw new UnservedFunctions(
      `The laptop runtime does not serve everything that the app registered.\n${lines(problems)}\nThe app registered:\n${lines(list.map(formatFunction))}`,
    );
  }
  return list;
}

/** @returns one line of the list */
export function formatFunction({ name, trigger, where }: ServedFunction): string {
  return `${name} (${trigger})${where === '' ? '' : ` ${where}`}`;
}

function problemsOf(fn: RegisteredFunction): string[] {
  const problems: string[] = [];
  const { trigger } = fn;
  if (!servedTriggers.has(trigger.type.toLowerCase())) problems.push(`the trigger ${trigger.type} is not served`);
  if (trigger.type === 'serviceBusTrigger') {
    if (typeof trigger['queueName'] !== 'string')
      problems.push('of Service Bus triggers, those of queues are served; topics are not');
    if (trigger['cardinality'] === 'many')
      problems.push('Service Bus messages are handed over one at a time; cardinality "many" is not served');
    if (trigger['isSessionsEnabled'] === true) problems.push('Service Bus sessions are not served');
  }
  for (const binding of Object.values(fn.bindings)) {
    if (binding !== trigger && !servedBindings.has(binding.type.toLowerCase()))
      problems.push(`the ${binding.direction}put binding ${binding.type} is not served`);
  }
  return problems;
}

function whereOf(fn: RegisteredFunction, routePrefix: string, settings: Settings): string {
  const { type, methods, queueName, topicName, schedule } = fn.trigger;
  if (type === 'httpTrigger')
    return `${Array.isArray(methods) ? methods.join(',') : 'GET,POST'} /${HttpTriggers.routeOf(routePrefix, fn)}`;
  const named = [queueName, topicName, schedule].find((one) => typeof one === 'string');
  return typeof named === 'string' ? resolveSetting(named, settings, `Function "${fn.name}"`) : '';
}

function lines(texts: readonly string[]): string {
  return texts.map((text) => `  ${text}`).join('\n');
}
