/** Messages of single parameters, by name. */
export type ParameterErrors = Record<string, string>;

/** What the real API throws: a status, its message, and, for parameters, what is wrong with each. */
export class PveError extends Error {
  constructor(
    readonly status: number,
    message: string,
    readonly errors?: ParameterErrors,
  ) {
    super(message);
    this.name = "PveError";
  }

  /** As the command-line tools print it. */
  get text(): string {
    const status = this.status === 500 ? "" : `${this.status} `;
    const errors = Object.entries(this.errors ?? {}).map(([name, message]) => `${name}: ${message}\n`);
    return `${status}${this.message}\n${errors.join("")}`;
  }
}

/** What Perl's `die` becomes. */
export const failed = (message: string): PveError => new PveError(500, message);

/** Parameters that are refused. */
export const badParameters = (errors: ParameterErrors): PveError =>
  new PveError(400, "Parameter verification failed.", errors);

/** A right that is missing. */
export const forbidden = (what: string): PveError => new PveError(403, `Permission check failed (${what})`);

/** Refused where a digest is asked for and is another's by now. */
export function assertUnmodified(wanted: string | undefined, is: string): void {
  if (wanted && wanted !== is)
    throw failed("detected modified configuration - file changed by other user? Try again.");
}
