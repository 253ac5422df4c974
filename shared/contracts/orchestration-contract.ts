import type { z } from 'zod';

/** The agreement between whoever starts an orchestration and the orchestration. */
export interface OrchestrationContract<Input extends z.ZodObject, Output extends z.ZodType<object>> {
  /** Name under which the orchestration is registered, lower camel case, a noun. */
  readonly name: string;
  readonly input: Input;
  readonly output: Output;
}

/**
 * @param name - name of the orchestration
 * @param input - strict schema of its input
 * @param output - strict schema of its output
 */
export function orchestrationContract<Input extends z.ZodObject, Output extends z.ZodType<object>>(
  name: string,
  input: Input,
  output: Output,
): OrchestrationContract<Input, Output> {
  return { name, input, output };
}
