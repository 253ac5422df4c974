/** An error as ARM answers it. */
export class ArmError extends Error {
  override readonly name = 'ArmError';
  readonly status: number;
  readonly code: string;

  constructor(status: number, code: string, message: string) {
    super(message);
    this.status = status;
    this.code = code;
  }
}

/** @returns the error for something that the stand-in does not do */
export function notServed(what: string): ArmError {
  return new ArmError(501, 'NotServedByLaptop', `${what} is not served by the laptop's Azure ML.`);
}

/** @returns the error for a body that Azure ML would refuse */
export function invalid(message: string): ArmError {
  return new ArmError(400, 'UserError', message);
}
