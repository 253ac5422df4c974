import type { z } from 'zod';

import type { StepName } from '#shared/domain/run/statuses.ts';

/**
 * The agreement between an orchestration and an activity: its name, what goes in and what comes out. Both sides
 * parse with it, so what crosses the durable engine always has the stated shape. Input and output are objects
 * (bare booleans and strings are changed on the way: local-runtime.md 3.8).
 */
export interface ActivityContract<
  Input extends z.ZodObject | z.ZodDiscriminatedUnion,
  Output extends z.ZodType<object>,
> {
  /** Name under which the activity is registered: lower camel case, a verb first. */
  readonly name: string;
  readonly input: Input;
  readonly output: Output;
  /** Step whose work it does, where that is always the same one; else the input may name it. */
  readonly step?: StepName;
}

/**
 * @param name - name of the activity
 * @param input - strict schema of its input
 * @param output - strict schema of its output
 * @param step - step whose work it always does
 */
export function activityContract<Input extends z.ZodObject | z.ZodDiscriminatedUnion, Output extends z.ZodType<object>>(
  name: string,
  input: Input,
  output: Output,
  step?: StepName,
): ActivityContract<Input, Output> {
  return { name, input, output, ...(step === undefined ? {} : { step }) };
}
