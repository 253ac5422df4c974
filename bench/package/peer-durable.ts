/** The smallest durable function app. */
import * as df from 'durable-functions';

df.app.orchestration('nothing', function* nothing(context) {
  yield context.df.createTimer(context.df.currentUtcDateTime);
});
