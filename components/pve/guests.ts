import {
  FIND,
  findGuest,
  furtherReadsOf,
  GuestAt,
  GuestSeen,
  Read,
  readsOf,
  seenFrom,
} from "../../hypervisor/pve";
import { answered, insist, Refused, refused, Step } from "./errors";
import { isRefused, PveApi } from "./transport";

/** There is no guest with this id. */
export class GuestGone extends Error {
  readonly isGone = true;
}

/** None that may be seen: whether it is there is not known. */
export class GuestHidden extends Refused {
  readonly isHidden = true;
}

/** A guest, wherever in its PVE cluster it is now. */
export async function readGuest(api: PveApi, guest: string, id: number): Promise<GuestSeen> {
  const [list] = await insist(api, { guest, what: "looking for it" }, [{ method: "get", ...FIND }]);
  const at = findGuest(list, id);
  if (at === undefined) throw await missing(api, guest, id, list);
  const step = { guest, what: "reading it" };
  const answers = await answersOf(api, step, readsOf(at));
  return seenFrom(at, { ...answers, ...(await answersOf(api, step, furtherReadsOf(at, answers))) });
}

async function answersOf(api: PveApi, step: Step, reads: Read[]): Promise<Record<string, unknown>> {
  if (reads.length === 0) return {};
  const requests = reads.map(({ path, params }) => ({ method: "get" as const, path, params }));
  const answers = await answered(api, step, requests);
  return Object.fromEntries(
    answers.flatMap((answer, at) => {
      const { path, optional } = reads[at]!;
      if (!isRefused(answer)) return [[path, answer.data] as const];
      // What a token may not see, the plan takes to be as strict as it can be.
      if (optional) return [];
      throw refused(api, { ...step, what: `${step.what} (${path})` }, answer.refusal);
    }),
  );
}

const SEE = "VM.Audit";

async function missing(api: PveApi, guest: string, id: number, list: unknown): Promise<Error> {
  const path = `/vms/${id}`;
  const rights = await rightsOn(api, path);
  if (rights === undefined || SEE in rights) return new GuestGone(goneText(api, guest, id, list));
  const message =
    `${guest}: ${api.where} shows no guest ${id}, and the token '${api.token}' lacks ${SEE} on ${path}, so nobody knows whether it is there: ` +
    `${granting(api, path)}, also where the guest is gone; or say 'connection' in place of 'token'`;
  return new GuestHidden(message, { status: 403, message });
}

function goneText(api: PveApi, guest: string, id: number, list: unknown): string {
  const all = (Array.isArray(list) ? list : []) as { vmid?: unknown; name?: unknown; node?: string }[];
  const near = all
    .map(({ vmid, name, node = "" }) => ({
      vmid: Number(vmid),
      says: `${Number(vmid)} (${String(name)} on ${node})`,
    }))
    .sort((a, b) => Math.abs(a.vmid - id) - Math.abs(b.vmid - id))
    .slice(0, 5);
  const known = near.length === 0 ? "none" : near.map(({ says }) => says).join(", ");
  return `${guest}: ${api.where} knows no guest ${id}; the nearest that it shows are: ${known}`;
}

/** The right that each change of a NIC and of its firewall asks for. */
const RIGHT = "VM.Config.Network";

/** What a token lacks to change a guest; undefined: nothing that can be told before. */
export async function lackingRight(api: PveApi, { id }: GuestAt): Promise<string | undefined> {
  const path = `/vms/${id}`;
  const rights = await rightsOn(api, path);
  return rights === undefined || RIGHT in rights
    ? undefined
    : `the token '${api.token}' lacks ${RIGHT} on ${path}: ${granting(api, path)}`;
}

/** What a token may do there; undefined: no token, or nobody says. */
async function rightsOn(api: PveApi, path: string): Promise<Record<string, unknown> | undefined> {
  if (api.token === undefined) return undefined;
  const [answer] = await api.ask([{ method: "get", path: "/access/permissions", params: { path } }]);
  if (answer === undefined || isRefused(answer)) return undefined;
  return (answer.data as Record<string, Record<string, unknown>>)[path] ?? {};
}

const granting = ({ token }: PveApi, path: string) =>
  `pveum acl modify ${path} --tokens '${token}' --roles PVEVMAdmin, for the token and for its user`;
