import { GuestAt } from "./guest";

/** One call of PVE's API, the same over `pvesh` and over HTTPS. `create`, `set`, `delete` are pvesh's words. */
export interface Call {
  method: "create" | "set" | "delete";
  /** Without /api2/json: `/nodes/pve1/qemu/101/config`. Each part is as a URL has it. */
  path: string;
  params: Record<string, string>;
  /** It names a position or a digest, which it changes: read and plan again before the next call. */
  reread?: true;
  /** What does the same where this Proxmox VE is too old for a parameter of it. */
  otherwise?: readonly Call[];
}

/** One GET: what it asks for, and whether the plan can do without its answer (a token may lack the right). */
export interface Read {
  path: string;
  params?: Record<string, string>;
  optional?: true;
}

export function guestPath({ host, kind, id }: GuestAt): string {
  return `/nodes/${host}/${kind}/${id}`;
}

export function firewallPath(at: GuestAt): string {
  return `${guestPath(at)}/firewall`;
}
