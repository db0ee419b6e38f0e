/** A request to PVE's API, in pvesh's words. The path is without /api2/json and without a query; its parts as a URL has them. */
export interface Request {
  method: "get" | "create" | "set" | "delete";
  path: string;
  params?: Record<string, string>;
}

/** What PVE says no with. */
export interface Refusal {
  /** Of HTTP; 500 is what PVE has for anything else. */
  status: number;
  /** PVE's own words. */
  message: string;
  /** What is wrong with single parameters. */
  errors?: Record<string, string>;
}

export type Answer = { data: unknown } | { refusal: Refusal };

/** One way to PVE's API: `pvesh` over SSH, or HTTPS with a token. */
export interface PveApi {
  /** How it is called in messages: an address, never a secret. */
  readonly where: string;
  /** USER@REALM!ID of the token; absent: root's pvesh, which may do everything. */
  readonly token?: string;
  /** Carries requests out one after the other, all of them; fails where no answer came: then nobody knows what was done. */
  ask(requests: readonly Request[]): Promise<Answer[]>;
  /** Runs a script in root's sh on the node; fails where it does not end with 0. Absent with a token. */
  readonly shell?: (script: string) => Promise<string>;
  close(): void;
}

/** How PVE is reached: over SSH, or by its API. */
export type Access<Connection> =
  | { connection: Connection }
  | {
      endpoint: string;
      /** USER@REALM!ID=SECRET */
      token: string;
      /** In PEM. @default the authorities that node knows */
      caCertificate?: string;
      insecure?: boolean;
    };

/** No answer came. Whether what was asked has been done is not known. */
export class NoAnswer extends Error {
  readonly isNoAnswer = true;
}

export const isRefused = (answer: Answer): answer is { refusal: Refusal } => "refusal" in answer;

/** PVE's words on one line. */
export function refusalText({ message, errors = {} }: Refusal): string {
  const parts = Object.entries(errors).map(([name, text]) => `${name}: ${text.trim()}`);
  return [message.trim(), ...parts].join("; ").replace(/\s*\n\s*/g, " ");
}
