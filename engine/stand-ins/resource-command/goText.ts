const ESCAPES: Record<string, string> = {
  '"': '\\"',
  "\\": "\\\\",
  "\x07": "\\a",
  "\b": "\\b",
  "\f": "\\f",
  "\n": "\\n",
  "\r": "\\r",
  "\t": "\\t",
  "\v": "\\v",
};

/** Quotes text as Go's %q does: the official plugin's errors show the command so. */
export function goQuote(text: string): string {
  let quoted = "";
  for (const char of text) quoted += ESCAPES[char] ?? (isPrintable(char) ? char : escapeCode(char));
  return `"${quoted}"`;
}

const isPrintable = (char: string) => char === " " || !/^[\p{C}\p{Z}]$/u.test(char);

function escapeCode(char: string): string {
  const code = char.codePointAt(0) ?? 0;
  if (code < 0x80) return `\\x${code.toString(16).padStart(2, "0")}`;
  return code <= 0xffff
    ? `\\u${code.toString(16).padStart(4, "0")}`
    : `\\U${code.toString(16).padStart(8, "0")}`;
}

const SOCKET_ERRORS: Record<string, string> = {
  ECONNREFUSED: "connect: connection refused",
  EHOSTUNREACH: "connect: no route to host",
  ENETUNREACH: "connect: network is unreachable",
  EACCES: "connect: permission denied",
  ENOENT: "connect: no such file or directory",
  ETIMEDOUT: "i/o timeout",
};

/** A failed connection attempt in Go's words, such as `dial tcp 192.0.2.1:22: connect: connection refused`. */
export function dialError(network: "tcp" | "unix", address: string, error: NodeJS.ErrnoException): Error {
  if (error.syscall === "getaddrinfo") {
    return new Error(`dial ${network}: lookup ${address.replace(/:\d+$/, "")}: no such host`, {
      cause: error,
    });
  }
  const reason = SOCKET_ERRORS[error.code ?? ""] ?? error.message;
  return new Error(`dial ${network} ${address}: ${reason}`, { cause: error });
}

/** Host and port as one address; an IPv6 address is put in brackets. */
export const joinHostPort = (host: string, port: number) =>
  `${host.includes(":") ? `[${host}]` : host}:${port}`;

const SIGNAL_NUMBERS: Record<string, number> = {
  HUP: 1,
  INT: 2,
  QUIT: 3,
  ILL: 4,
  ABRT: 6,
  FPE: 8,
  KILL: 9,
  SEGV: 11,
  PIPE: 13,
  ALRM: 14,
  TERM: 15,
};

/** How a remote command ended, as the SSH server told it; `signal` without the leading SIG. */
export interface Exit {
  code: number | undefined;
  signal: string | undefined;
  message: string | undefined;
}

/** The official plugin's words for a command that did not end with status 0. */
export function exitText({ code, signal, message }: Exit): string {
  if (code === undefined && signal === undefined) {
    return "wait: remote command exited without exit status or exit signal";
  }
  const status = code ?? 128 + (SIGNAL_NUMBERS[signal ?? ""] ?? 0);
  const bySignal = signal === undefined ? "" : ` from signal ${signal}`;
  return `Process exited with status ${status}${bySignal}${message ? `. Reason was: ${message}` : ""}`;
}
