import type { ErrorEntry } from '../error-entry.ts';

/** Error codes of pipelines and of publishing them. */
export const pipelineErrors = {
  'pipeline.unknown': {
    status: 404,
    retry: 'terminal',
    audience: 'operator',
    summary: 'There is no pipeline of this name.',
    remedy: 'List the pipelines with `whence pipeline list`, or publish one with `whence pipeline publish`.',
  },
  'pipeline.version-unknown': {
    status: 404,
    retry: 'terminal',
    audience: 'operator',
    summary: 'The pipeline has no such version.',
    remedy: 'List its versions with `whence pipeline show NAME`.',
  },
  'pipeline.invalid': {
    status: 422,
    retry: 'terminal',
    audience: 'operator',
    summary: 'The pipeline folder has mistakes.',
    remedy: 'Correct every place that the details name; `whence pipeline check` shows them with their lines.',
  },
  'pipeline.container-unknown': {
    status: 422,
    retry: 'terminal',
    audience: 'operator',
    summary: 'The pipeline waits for data in a container where none lands on this stage.',
    remedy: 'Write the container that the message names into `trigger.data.container`, commit, and publish again.',
  },
  'pipeline.file-missing': {
    status: 409,
    retry: 'terminal',
    audience: 'operator',
    summary: 'A file of the version was not uploaded.',
    remedy: 'Upload every file by its digest first; `whence pipeline publish` does.',
  },
  'pipeline.digest-mismatch': {
    status: 422,
    retry: 'terminal',
    audience: 'operator',
    summary: 'The bytes of a file are not those of its digest.',
    remedy: 'Send the file again, unchanged, under its own SHA-256.',
  },
  'pipeline.ci-token-refused': {
    status: 422,
    retry: 'terminal',
    audience: 'operator',
    summary: 'The token of a CI system does not vouch for the commit.',
    remedy:
      'Publish from a pipeline of a repository that the stage profile trusts (`ciIssuers`), at the commit itself.',
  },
  'pipeline.commit-mismatch': {
    status: 422,
    retry: 'terminal',
    audience: 'operator',
    summary: 'The files are not those of the commit that was shown.',
    remedy: 'Publish from a clone that has the commit and its files unchanged, with `whence pipeline publish`.',
  },
  'pipeline.not-a-repository': {
    status: 400,
    retry: 'terminal',
    audience: 'operator',
    summary: 'The pipeline folder is not inside a git repository with a commit.',
    remedy: 'Run `git init`, `git add` and `git commit` first: every model names the commit of its code.',
  },
  'pipeline.endpoint-taken': {
    status: 409,
    retry: 'terminal',
    audience: 'operator',
    summary: 'The endpoint of the pipeline on this stage is another pipeline’s.',
    remedy:
      'Give the pipeline another name, or have the platform team name its endpoint in `endpoints` of the stage profile.',
  },
  'pipeline.not-accepted': {
    status: 403,
    retry: 'terminal',
    audience: 'operator',
    summary: 'This stage does not accept versions of this trust.',
    remedy: 'Publish from CI with its OIDC token, or from a clean work tree; the stage profile says what is accepted.',
  },
} as const satisfies Record<string, ErrorEntry>;
