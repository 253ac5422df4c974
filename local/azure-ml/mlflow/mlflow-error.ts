/** Codes of MLflow's errors that are answered here. @source mlflow `protos/databricks.proto`, `ERROR_CODE_TO_HTTP_STATUS` */
const statuses = {
  INVALID_PARAMETER_VALUE: 400,
  RESOURCE_ALREADY_EXISTS: 400,
  RESOURCE_DOES_NOT_EXIST: 404,
  ENDPOINT_NOT_FOUND: 404,
  PERMISSION_DENIED: 403,
  INVALID_STATE: 500,
} as const;

/** See above. */
export type MlflowCode = keyof typeof statuses;

/** An error as MLflow answers it: `{ error_code, message }`. */
export class MlflowError extends Error {
  override readonly name = 'MlflowError';
  readonly code: MlflowCode;

  constructor(code: MlflowCode, message: string) {
    super(message);
    this.code = code;
  }

  get status(): number {
    return statuses[this.code];
  }
}

/** @returns the error of a wrong value */
export function invalidValue(message: string): MlflowError {
  return new MlflowError('INVALID_PARAMETER_VALUE', message);
}
