/** The smallest function app. */
import { app } from '@azure/functions';

app.http('hello', { methods: ['GET'], handler: async () => ({ body: 'hello' }) });
