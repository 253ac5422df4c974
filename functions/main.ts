/** The only composition root: reads the settings, builds the adapters, registers the functions. */
import { app } from '@azure/functions';
import * as df from 'durable-functions';

import { closeWindow, finishWindow, sealWindow } from '#shared/contracts/activities/data-window/window-activities.ts';
import * as runActivities from '#shared/contracts/activities/run/run-activities.ts';
import { dataWindowOrchestration } from '#shared/contracts/orchestrations/data-window.ts';
import * as runOrchestrations from '#shared/contracts/orchestrations/pipeline-run.ts';

import { closeWindowActivity } from './activities/data-window/close-window.ts';
import { finishWindowActivity } from './activities/data-window/finish-window.ts';
import { sealWindowActivity } from './activities/data-window/seal-window.ts';
import { finishRunActivity } from './activities/run/finish-run.ts';
import { judgeGatesActivity } from './activities/run/judge-gates.ts';
import { pollJobActivity } from './activities/run/poll-job.ts';
import { registerDataActivity } from './activities/run/register-data.ts';
import { registerModelActivity } from './activities/run/register-model.ts';
import {
  createDeploymentActivity,
  prepareRollOutActivity,
  revertRollOutActivity,
  shiftTrafficActivity,
  smokeTestActivity,
} from './activities/run/roll-out.ts';
import { startRunActivity } from './activities/run/start-run.ts';
import { submitJobActivity } from './activities/run/submit-job.ts';
import { validateDataActivity } from './activities/run/validate-data.ts';
import { registerRoutes } from './api/register-routes.ts';
import { connect, type Connections } from './connect.ts';
import { registerActivity } from './durable/register-activity.ts';
import { dataWindow } from './orchestrations/data-window.ts';
import { jobOrchestration } from './orchestrations/job.ts';
import { pipelineRunOrchestration } from './orchestrations/pipeline-run.ts';
import { rollOutOrchestration } from './orchestrations/roll-out.ts';
import { registerQueues } from './triggers/register-queues.ts';
import { registerReconciler } from './triggers/register-reconciler.ts';

let connections: Promise<Connections> | undefined;
const connected = (): Promise<Connections> => {
  connections ??= connect(process.env);
  return connections;
};

app.setup({ enableHttpStream: true });
app.hook.appTerminate(async () => {
  if (connections === undefined) return;
  const { bus, telemetry } = await connections;
  await bus.close();
  await telemetry.flush();
});

df.app.orchestration(dataWindowOrchestration.name, dataWindow);
df.app.orchestration(runOrchestrations.pipelineRun.name, pipelineRunOrchestration);
df.app.orchestration(runOrchestrations.job.name, jobOrchestration);
df.app.orchestration(runOrchestrations.rollOut.name, rollOutOrchestration);

registerActivity(closeWindow, connected, closeWindowActivity);
registerActivity(sealWindow, connected, sealWindowActivity);
registerActivity(finishWindow, connected, finishWindowActivity);
registerActivity(runActivities.startRun, connected, startRunActivity);
registerActivity(runActivities.registerData, connected, registerDataActivity);
registerActivity(runActivities.validateRunData, connected, validateDataActivity);
registerActivity(runActivities.submitJob, connected, submitJobActivity);
registerActivity(runActivities.pollJob, connected, pollJobActivity);
registerActivity(runActivities.judgeGates, connected, judgeGatesActivity);
registerActivity(runActivities.registerModel, connected, registerModelActivity);
registerActivity(runActivities.prepareRollOut, connected, prepareRollOutActivity);
registerActivity(runActivities.createDeployment, connected, createDeploymentActivity);
registerActivity(runActivities.smokeTest, connected, smokeTestActivity);
registerActivity(runActivities.shiftTraffic, connected, shiftTrafficActivity);
registerActivity(runActivities.revertRollOut, connected, revertRollOutActivity);
registerActivity(runActivities.finishRun, connected, finishRunActivity);

registerQueues(connected);
registerReconciler(connected);
registerRoutes(connected);
