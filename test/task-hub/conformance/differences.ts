/**
 * Where the task hub of the laptop runtime behaves otherwise than the recorded host, and why. The list is exact: a
 * difference that is not here fails the test, and so does one that is here and is gone.
 */

/** Recorded scenarios of features that the app does not use: they are not copied here. */
export const notServed: Readonly<Record<string, readonly string[]>> = {
  'entities: refused by name when an orchestration or a client asks for them': [
    'entAsync',
    'entCall',
    'entDelete',
    'entFail',
    'entFailCaught',
    'entFailString',
    'entFan',
    'entLock',
    'entLockBad',
    'entLockEnd',
    'entPoke',
    'entSignal',
    'entUnknown',
    'entities_client',
  ],
  'durable HTTP: refused by name': ['callHttp'],
};

/** Scenarios in which the order of events and their split into episodes is a matter of timing; README of the fixtures. */
export const concurrent: ReadonlySet<string> = new Set([
  'anyActivities',
  'canStatus_burst',
  'externalEvent_two',
  'fanOut',
  'fanOutFail',
  'fanOutFailCaught',
  'nested',
  'parentFan',
  'retryFan',
]);

/** A difference that stays. */
export interface KnownDifference {
  readonly because: string;
  /** What {@link compare} calls the places. */
  readonly where: readonly string[];
}

const unknownStays = [
  'answer 1 (status): status',
  'answer 1 (status): body',
  'answer 1 (status): location',
  'answer 1 (status): retry-after',
  'answer 2 (status+history+input): status',
  'answer 2 (status+history+input): body',
  'answer 2 (status+history+input): location',
  'answer 2 (status+history+input): retry-after',
];

/** By scenario. */
export const differences: Readonly<Record<string, KnownDifference>> = {
  retryBackoff: {
    because:
      'It sets `retryTimeoutInMilliseconds`, with which an instance hangs on Azure once it has expired: the hub fails the run and says so (local-runtime.md §9).',
    where: ['answer 1 (status): body', 'answer 2 (status+history+input): body', 'episodes of retryBackoff: count'],
  },
  throwString: {
    because:
      'A thrown text that is not an Error: the hub says in the output what to do about it (local-runtime.md §9).',
    where: ['answer 1 (status): body', 'answer 2 (status+history+input): body'],
  },
  nondet: {
    because: 'The recorded host cannot show the history of such an instance (400, a key twice); the hub can.',
    where: ['answer 2 (status+history+input): status', 'answer 2 (status+history+input): body'],
  },
  actUnknown: {
    because:
      'An unknown activity leaves the recorded instance Running for ever; the hub fails the run and names it (local-runtime.md §9).',
    where: unknownStays,
  },
  parentUnknown: {
    because:
      'An unknown orchestration leaves the recorded instance Running for ever; the hub fails the run and names it (local-runtime.md §9).',
    where: unknownStays,
  },
  externalEvent_badbody: {
    because: 'The words of the JSON parser: .NET there, V8 here.',
    where: ['answer 1 (raise not json): body'],
  },
  terminate_parent: {
    because: 'Timing: without the delays of a storage queue the child has ended before the termination arrives.',
    where: [
      'answer 1 (terminate): status',
      'answer 2 (status): body',
      'answer 3 (status+history+input): body',
      'episode 1 of parentNamed: history',
      'episode 1 of parentNamed: output',
    ],
  },
  suspend_resume: {
    because:
      'Events that arrive while an instance is suspended are read at its resume; the recorded host lets the orchestration read them at once and holds back what it wants. The outcome is the same.',
    where: [
      'answer 7 (still suspended status+history+input): body',
      'answer 12 (status+history+input): body',
      'episode 2 of waitTwo: history',
      'episode 2 of waitTwo: output',
      'episode 3 of waitTwo: history',
      'episode 4 of waitTwo: history',
    ],
  },
  rewind: {
    because: 'Rewind is not served: 501 says so. The app never rewinds.',
    where: [
      'answer 3 (rewind): status',
      'answer 3 (rewind): body',
      'answer 4 (status): body',
      'answer 5 (status+history+input): body',
      'episodes of rewindable: count',
    ],
  },
  rewind_parent: {
    because: 'Rewind is not served: 501 says so. The app never rewinds.',
    where: [
      'answer 3 (rewind): status',
      'answer 3 (rewind): body',
      'answer 4 (status): body',
      'answer 5 (status+history+input): body',
      'episodes of rewindParent: count',
      'episodes of rewindChild: count',
    ],
  },
  restart: {
    because: 'A restarted instance does not name the one that it was made from. The app never restarts.',
    where: ['episode 0 of noYield: payload', 'episode 0 of noYield: history'],
  },
  client_calls: {
    because: 'The stack trace of .NET inside the text of a client error.',
    where: ['answer 22 (client.raise): body'],
  },
  start_via_webhook: {
    because:
      'The words of the JSON parser, and the `timeout` parameter of the start webhook, which is not served: it answers 202 at once.',
    where: [
      'answer 13 (webhook start not json): body',
      'answer 14 (webhook start not json text/plain): body',
      'answer 19 (webhook start with timeout): status',
      'answer 19 (webhook start with timeout): body',
      'answer 19 (webhook start with timeout): location',
      'answer 19 (webhook start with timeout): retry-after',
      'instances',
      'episodes of helloCities: count',
      'episode 0 of helloCities: payload',
      'episode 0 of helloCities: history',
      'episode 0 of helloCities: output',
    ],
  },
  start_errors: {
    because: 'The recorded task hub had seen the ids before the recording began, so its generations are higher.',
    where: [
      'answer 6 (status+history+input): body',
      'answer 8 (start noYield): body',
      'episode 0 of sleepy: history',
      'episode 1 of sleepy: history',
      'episode 2 of noYield: history',
      'episode 0 of noYield: history',
      'episode 0 of noYield: history',
      'episode 0 of noYield: history',
      'episode 0 of noYield: history',
    ],
  },
  http_errors: {
    because:
      'Rewind is not served, so the instances that the recording rewinds keep their history; restarted instances do not name their origin; the words of the JSON parser and of one error.',
    where: [
      'answer 20 (rewind failed): status',
      'answer 20 (rewind failed): body',
      'answer 41 (status failed ?showHistory=true): body',
      'answer 43 (status failed ?showHistory=true&showHistoryOutput=false): body',
      'answer 55 (raise not json running): body',
      'answer 56 (restart missing): body',
      'episodes of throwNow: count',
      'episode 0 of sleepy: payload',
      'episode 0 of sleepy: history',
      'episode 0 of noYield: payload',
      'episode 0 of noYield: history',
      'episode 0 of throwNow: payload',
      'episode 0 of throwNow: history',
    ],
  },
  list_instances: {
    because: 'Lists of everything also hold instances of scenarios that are not served; a negative `top` is 500 there.',
    where: [
      'answer 15 (list createdTimeFrom=bogus): body',
      'answer 17 (list instanceIdPrefix=lst1795574774622&top=-1): status',
      'answer 17 (list instanceIdPrefix=lst1795574774622&top=-1): body',
      'answer 23 (client.getStatusAll): body',
      'answer 25 (client.getStatusBy): body',
    ],
  },
  suspend_activity: {
    because: 'Timing: without the delays of a storage queue the activities have ended before the suspension arrives.',
    where: [
      'answer 1 (suspend): status',
      'answer 2 (suspended status): status',
      'answer 2 (suspended status): body',
      'answer 2 (suspended status): location',
      'answer 2 (suspended status): retry-after',
      'answer 3 (suspended status+history+input): status',
      'answer 3 (suspended status+history+input): body',
      'answer 3 (suspended status+history+input): location',
      'answer 3 (suspended status+history+input): retry-after',
      'answer 4 (resume): status',
      'answer 6 (status+history+input): body',
      'episodes of customStatus: count',
      'episode 1 of customStatus: history',
      'episode 1 of customStatus: output',
      'episode 2 of customStatus: history',
      'episode 2 of customStatus: output',
      'episode 3 of customStatus: history',
      'episode 3 of customStatus: output',
    ],
  },
  noauth_urls: {
    because:
      'There is one storage connection, so its name is not looked up; the list of everything holds other instances.',
    where: ['answer 5 (other connection): status', 'answer 5 (other connection): body', 'answer 6 (list): body'],
  },
  isolated_404: {
    because: 'The admin API and the landing page of the host are not served.',
    where: [
      'answer 1 (admin functions): status',
      'answer 1 (admin functions): body',
      'answer 2 (admin host status): status',
      'answer 2 (admin host status): body',
      'answer 3 (root): status',
      'answer 3 (root): body',
    ],
  },
  auth_real: {
    because: 'The laptop runtime listens on the loopback address only and asks for no system key.',
    where: [
      'answer 2 (no code): status',
      'answer 2 (no code): body',
      'answer 5 (bad code): status',
      'answer 5 (bad code): body',
      'answer 7 (start no code): status',
      'answer 7 (start no code): body',
      'answer 7 (start no code): location',
      'answer 7 (start no code): retry-after',
      'answer 8 (unknown path no code): status',
      'answer 9 (unknown webhook): status',
      'answer 10 (admin status no key): status',
      'answer 11 (admin functions no key): status',
      'answer 12 (OPTIONS no code): status',
      'answer 13 (entities no code): status',
      'answer 13 (entities no code): body',
      'instances',
    ],
  },
};
