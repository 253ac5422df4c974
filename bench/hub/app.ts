/** Orchestrations of the benchmark. Their activities do nothing, so that only the engine is measured. */
import * as df from 'durable-functions';

df.app.activity('nothing', { handler: () => ({ done: true }) });

df.app.orchestration('fiveSteps', function* (context) {
  for (let step = 0; step < 5; step += 1) yield context.df.callActivity('nothing', { step });
  return 'done';
});

df.app.orchestration('fanOut', function* (context) {
  const { width } = context.df.getInput() as { width: number };
  yield context.df.Task.all(Array.from({ length: width }, (_, at) => context.df.callActivity('nothing', { at })));
  return 'done';
});
