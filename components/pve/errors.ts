import { isRefused, Answer, NoAnswer, PveApi, Refusal, refusalText, Request } from "./transport";

const IN_BETWEEN = /checksum mis+match|detected modified configuration/;
/** What PVE looks at before it writes anything. */
const BEFORE_WRITING = /is locked|can't lock file|no quorum|cluster not ready/;
/** A change that is written, and pending, is refused in the same way where the running guest does not take it. */
const AFTER_WRITING = /plug/i;

/** PVE has refused a request. */
export class Refused extends Error {
  constructor(
    message: string,
    readonly refusal: Refusal,
  ) {
    super(message);
  }

  /** Somebody else has changed what was read. */
  get isOutdated(): boolean {
    return IN_BETWEEN.test(this.refusal.message);
  }

  /** Nothing was changed by it. An answer of a node in between, or that the guest did not take it, says nothing of that. */
  get isUndone(): boolean {
    const { status } = this.refusal;
    const words = refusalText(this.refusal);
    if (AFTER_WRITING.test(words)) return false;
    return [400, 401, 403].includes(status) || this.isOutdated || BEFORE_WRITING.test(words);
  }
}

/** What was being done, to what. */
export interface Step {
  /** Of whom: `gw-a (guest 101)`. */
  guest: string;
  /** `read`, or what a change says. */
  what: string;
}

interface Hint {
  pattern: RegExp;
  fix: (match: RegExpExecArray, api: PveApi) => string;
}

/** A parameter that this Proxmox VE does not have. */
const UNKNOWN = /not defined in schema|unknown option|unknown key/i;

const HINTS: Hint[] = [
  {
    pattern: /is locked(?: \(([\w-]+)\))?/,
    fix: ([, lock = "another task"]) =>
      `wait until the ${lock} has ended and run it again; a lock that nothing holds any more goes with 'qm unlock VMID' or 'pct unlock CTID'`,
  },
  {
    pattern: IN_BETWEEN,
    fix: () => "somebody changed it at the same time; run it again, and it starts from what is there then",
  },
  {
    pattern: /only root can set '([^']+)'/,
    fix: ([, key]) =>
      `'${key}' is root@pam's alone: no token may set it; use 'connection' in place of 'token'`,
  },
  {
    pattern: /Permission check failed \(([^,()]+), ([^()]+)\)/,
    fix: ([, path = "", right = ""], { token = "USER@REALM!ID" }) =>
      `the token, and its user, need ${right.replaceAll("|", " or ")} on ${path}: ` +
      `pveum acl modify ${path} --tokens '${token}' --roles ROLE, with a role that has it`,
  },
  {
    pattern: /Permission check failed/,
    fix: ([], { token = "USER@REALM!ID" }) =>
      `give the token '${token}' and its user that right (pveum acl modify)`,
  },
  {
    pattern: /authentication failed|no ticket|invalid .*token/i,
    fix: () =>
      "'token' is USER@REALM!ID=SECRET as 'pveum user token add' printed it once; it may have expired, or been removed",
  },
  {
    pattern: new RegExp(`format error|${UNKNOWN.source}`, "i"),
    fix: () =>
      "this Proxmox VE is too old for it, or too new for what is known here: 'pveversion' tells which it is",
  },
  {
    pattern: /Configuration file '[^']*' does not exist|\b(?:VM|CT) \d+ does not exist/,
    fix: () => "it was removed or moved to another node meanwhile; run it again, and it is looked for",
  },
  {
    pattern: /hostname lookup|No route to host|Connection refused|timed? ?out|communication failure/i,
    fix: () => "its node does not answer the others: see 'pvecm status', and run it again when it is back",
  },
  {
    pattern: /no quorum|cluster not ready/,
    fix: () => "the cluster of Proxmox VE has no quorum and changes nothing: see 'pvecm status'",
  },
];

/** The error of a refusal: which guest, which step, PVE's own words, and what to do. */
export function refused(api: PveApi, { guest, what }: Step, refusal: Refusal): Refused {
  const words = refusalText(refusal);
  const fix = fixOf(words, api);
  return new Refused(`${guest}: ${what}: ${api.where} refuses it: ${words}${fix && `; ${fix}`}`, refusal);
}

function unanswered({ guest, what }: Step, requests: readonly Request[], error: NoAnswer): NoAnswer {
  const isLook = requests.every(({ method }) => method === "get");
  const next = isLook
    ? "nothing is changed by a look; run it again when it answers"
    : "whether it was done is not known; run it again when it answers, and it goes on from what is there";
  return new NoAnswer(`${guest}: ${what}: no answer from ${error.message}; ${next}`, { cause: error });
}

function fixOf(words: string, api: PveApi): string {
  for (const { pattern, fix } of HINTS) {
    const match = pattern.exec(words);
    if (match) return fix(match, api);
  }
  return "";
}

/** A request, and what does the same where a parameter of it is not known. */
type Asked = Request & { otherwise?: readonly Request[] };

/** The answers, refusals among them; fails where none comes. */
export async function answered(api: PveApi, step: Step, requests: readonly Request[]): Promise<Answer[]> {
  return await api.ask(requests).catch((error: Error) => {
    throw error instanceof NoAnswer ? unanswered(step, requests, error) : error;
  });
}

/** The data of each answer; fails with the first refusal. */
export async function insist(api: PveApi, step: Step, requests: readonly Asked[]): Promise<unknown[]> {
  const answers = await answered(api, step, requests);
  const data: unknown[] = [];
  for (const [at, answer] of answers.entries()) {
    const { method, path, otherwise } = requests[at]!;
    if (!isRefused(answer)) data.push(answer.data);
    else if (otherwise !== undefined && UNKNOWN.test(refusalText(answer.refusal)))
      data.push(await insist(api, step, otherwise));
    else {
      const what = method === "get" ? `${step.what} (${path})` : step.what;
      throw refused(api, { ...step, what }, answer.refusal);
    }
  }
  return data;
}
