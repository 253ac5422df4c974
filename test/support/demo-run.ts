/** What the run that tests speak of is about; tests that stand further in its pipeline's life change the numbers. */
export const demoRun = {
  runId: 'demo-r-0123456789abcdef0123',
  runKey: 'a'.repeat(64),
  pipeline: 'demo',
  pipelineVersion: 'b'.repeat(64),
  generation: 1,
  manifestNumber: 1,
  manifestDigest: 'c'.repeat(64),
  occasion: '',
};
