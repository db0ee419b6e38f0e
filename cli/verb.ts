/** What the command ends with. */
export const ExitCode = {
  /** All is well. */
  Well: 0,
  /** A problem was found. */
  Problem: 1,
  /** It could not run: called wrongly, or a file cannot be read. */
  Unable: 2,
} as const;
export type ExitCode = (typeof ExitCode)[keyof typeof ExitCode];

/** Where a verb writes. */
export interface Streams {
  /** Results. */
  out: (text: string) => void;
  /** Messages. */
  err: (text: string) => void;
}

/** One verb of the command line. */
export interface Verb {
  /** What it does, in one line. */
  summary: string;
  /** Its whole help, ending with a newline. */
  help: string;
  run: (args: string[], streams: Streams) => ExitCode | Promise<ExitCode>;
}

/** Called wrongly, or unable to run: the message is shown, and the exit status is 2. */
export class UsageError extends Error {}
