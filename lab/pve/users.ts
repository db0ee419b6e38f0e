import { PveError, forbidden } from "./errors";

/**
 * Who may do what: user.cfg and the secrets of tokens, read as pve-access-control reads them. Groups and pools are
 * not read.
 */

const roles: Record<string, readonly string[]> = {
  NoAccess: [],
  PVEAuditor: ["VM.Audit", "Sys.Audit", "Datastore.Audit", "SDN.Audit", "Pool.Audit", "Mapping.Audit"],
  PVEVMUser: [
    "VM.Audit",
    "VM.Backup",
    "VM.Config.CDROM",
    "VM.Config.Cloudinit",
    "VM.Console",
    "VM.PowerMgmt",
  ],
  PVESDNUser: ["SDN.Audit", "SDN.Use"],
  PVEVMAdmin: [
    "VM.Allocate",
    "VM.Audit",
    "VM.Backup",
    "VM.Clone",
    "VM.Config.CDROM",
    "VM.Config.CPU",
    "VM.Config.Cloudinit",
    "VM.Config.Disk",
    "VM.Config.HWType",
    "VM.Config.Memory",
    "VM.Config.Network",
    "VM.Config.Options",
    "VM.Console",
    "VM.Migrate",
    "VM.PowerMgmt",
    "VM.Snapshot",
    "VM.Snapshot.Rollback",
  ],
};

const administrator = [
  ...(roles.PVEVMAdmin ?? []),
  ...(roles.PVEAuditor ?? []),
  "SDN.Use",
  "SDN.Allocate",
  "Sys.Modify",
  "Sys.PowerMgmt",
  "Sys.Console",
  "Sys.Syslog",
  "Datastore.Allocate",
  "Datastore.AllocateSpace",
  "Permissions.Modify",
];

interface Acl {
  path: string;
  propagate: boolean;
  /** User or token. */
  who: string;
  roles: string[];
}

export class Users {
  private readonly users = new Set<string>(["root@pam"]);
  private readonly tokens = new Map<string, { separate: boolean; expires: number }>();
  private readonly acls: Acl[] = [];
  private readonly roles = new Map<string, readonly string[]>(Object.entries(roles));
  private readonly secrets: Map<string, string>;

  /** `userCfg` is /etc/pve/user.cfg, `tokenCfg` /etc/pve/priv/token.cfg: `USER@REALM!ID SECRET` a line. */
  constructor(userCfg: string, tokenCfg: string) {
    this.roles.set("Administrator", administrator);
    this.roles.set(
      "PVEAdmin",
      administrator.filter((right) => !/^Sys\.(Modify|PowerMgmt)$|^Permissions/.test(right)),
    );
    const list = (text = "") => text.split(/[,; ]+/).filter(Boolean);
    for (const line of userCfg.split("\n")) {
      const [what, ...words] = line.trim().split(":");
      const [first = "", second = "", third = "", fourth = ""] = words;
      if (what === "user" && second !== "0") this.users.add(first);
      if (what === "token") this.tokens.set(first, { separate: third === "1", expires: Number(second) });
      if (what === "role") this.roles.set(first, list(second));
      if (what === "acl")
        for (const who of list(third))
          this.acls.push({ path: second, propagate: first === "1", who, roles: list(fourth) });
    }
    this.secrets = new Map(
      tokenCfg
        .split("\n")
        .map((line) => line.trim().split(/\s+/) as [string, string])
        .filter((pair) => pair.length === 2),
    );
  }

  /** The token of an Authorization header's value, once it is found to be good. */
  authenticate(header: string | undefined): string {
    const [, id, secret] = /^PVEAPIToken=(.*)=(.*)$/.exec(header ?? "") ?? [];
    if (id === undefined) throw new PveError(401, "No ticket");
    const token = this.tokens.get(id);
    const expired = token && token.expires > 0 && token.expires < Date.now() / 1000;
    const isUser = this.users.has(id.split("!")[0] ?? "");
    if (!token || expired || !isUser || this.secrets.get(id) !== secret)
      throw new PveError(401, "Authentication failed!");
    return id;
  }

  /** The rights of a user or token on a path. */
  rights(who: string, path: string): Set<string> {
    if (who === "root@pam") return new Set(administrator);
    const user = who.split("!")[0] ?? "";
    if (user === who) return this.granted(who, path);
    const ofUser = this.rights(user, path);
    if (!this.tokens.get(who)?.separate) return ofUser;
    return new Set([...this.granted(who, path)].filter((right) => ofUser.has(right)));
  }

  /** What the deepest path that grants anything grants. */
  private granted(who: string, path: string): Set<string> {
    const prefixes = path.split("/").map((_, index, words) => words.slice(0, index + 1).join("/") || "/");
    let found: string[] = [];
    for (const prefix of [...new Set(path === "/" ? ["/"] : prefixes)]) {
      const here = this.acls.filter(
        (acl) => acl.who === who && acl.path === prefix && (acl.propagate || prefix === path),
      );
      if (here.length > 0) found = here.flatMap((acl) => acl.roles);
    }
    return found.includes("NoAccess")
      ? new Set()
      : new Set(found.flatMap((role) => this.roles.get(role) ?? []));
  }

  /** All of these rights, or, with `any`, one of them. */
  may(who: string, path: string, rights: readonly string[], any = false): boolean {
    const has = this.rights(who, path);
    return any ? rights.some((right) => has.has(right)) : rights.every((right) => has.has(right));
  }

  check(who: string, path: string, rights: readonly string[], any = false): void {
    if (this.may(who, path, rights, any)) return;
    const has = this.rights(who, path);
    const lacking = any ? rights.join("|") : (rights.find((right) => !has.has(right)) ?? "");
    throw forbidden(`${path}, ${lacking}`);
  }

  /** Paths that an ACL names. */
  get paths(): string[] {
    return [...new Set(this.acls.map(({ path }) => path))];
  }
}
