import type { z } from 'zod';

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
}

/**
 * @param name - name of the activity
 * @param input - strict schema of its input
 * @param output - strict schema of its output
 */
export function activityContract<Input extends z.ZodObject | z.ZodDiscriminatedUnion, Output extends z.ZodType<object>>(
  name: string,
  input: Input,
  output: Output,
): ActivityContract<Input, Output> {
  return { name, input, output };
}
