import { app } from '@azure/functions';
app.http('health', { route: 'health', methods: ['GET'], handler: () => ({ jsonBody: { ok: true } }) });
import * as df from 'durable-functions';
df.app.activity('x', { handler: () => ({}) });
