import { existsSync, mkdirSync, readFileSync, readdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { failed } from "./errors";
import { type FirewallFile, emptyFirewall, parseFirewall, printFirewall } from "./firewallFile";
import type { Lacking } from "./guestOptions";
import { type GuestText, parseGuest, printGuest } from "./guestText";
import type { Kind } from "./nic";
import { Users } from "./users";

const directories: Record<Kind, string> = { qemu: "qemu-server", lxc: "lxc" };

/** Where a guest's configuration is. */
export interface Place {
  node: string;
  kind: Kind;
  id: number;
}

/** What /etc/pve holds, in a directory; read anew each time, so that whoever edits a file is heard. */
export class Store {
  /** Called after each write. */
  onWrite: () => void = () => undefined;
  /** Without a quorum /etc/pve is read-only. */
  quorate = true;

  constructor(
    readonly directory: string,
    readonly nodes: readonly string[],
    readonly lacking: Lacking = {},
  ) {
    mkdirSync(join(directory, "firewall"), { recursive: true });
    mkdirSync(join(directory, "priv"), { recursive: true, mode: 0o700 });
    for (const node of nodes)
      for (const kind of Object.values(directories))
        mkdirSync(join(directory, "nodes", node, kind), { recursive: true });
  }

  /** Text of a file; empty where there is none. */
  read(path: string): string {
    const file = join(this.directory, path);
    return existsSync(file) ? readFileSync(file, "utf8") : "";
  }

  /** Writes a file whole; an empty text removes it. */
  write(path: string, text: string): void {
    const file = join(this.directory, path);
    if (text === "") rmSync(file, { force: true });
    else {
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(`${file}.tmp`, text);
      renameSync(`${file}.tmp`, file);
    }
    this.onWrite();
  }

  /** The path of a guest's file below the directory. */
  pathOf({ node, kind, id }: Place): string {
    return `nodes/${node}/${directories[kind]}/${id}.conf`;
  }

  guests(): Place[] {
    return this.nodes.flatMap((node) =>
      (Object.keys(directories) as Kind[]).flatMap((kind) =>
        readdirSync(join(this.directory, "nodes", node, directories[kind]))
          .filter((name) => /^\d+\.conf$/.test(name))
          .map((name): Place => ({ node, kind, id: parseInt(name, 10) })),
      ),
    );
  }

  find(id: number): Place | undefined {
    return this.guests().find((guest) => guest.id === id);
  }

  loadGuest(place: Place): GuestText {
    const path = this.pathOf(place);
    const text = this.read(path);
    if (text === "" && !existsSync(join(this.directory, path)))
      throw failed(`Configuration file '${path}' does not exist`);
    return parseGuest(place.kind, place.id, text, this.lacking);
  }

  saveGuest(place: Place, guest: GuestText): void {
    if (!this.quorate)
      throw failed(`unable to open file '/etc/pve/${this.pathOf(place)}.tmp.4711' - Permission denied`);
    this.write(this.pathOf(place), printGuest(place.kind, guest, this.lacking));
  }

  /** Gives a guest to another node, as the end of a migration does. */
  moveGuest(id: number, node: string): void {
    const from = this.find(id);
    if (!from) throw failed(`no guest ${id}`);
    const to = this.pathOf({ ...from, node });
    renameSync(join(this.directory, this.pathOf(from)), join(this.directory, to));
    this.onWrite();
  }

  clusterFirewall(): FirewallFile {
    return parseFirewall(this.read("firewall/cluster.fw"), "cluster");
  }

  guestFirewall(id: number): FirewallFile {
    return parseFirewall(this.read(`firewall/${id}.fw`), "vm", this.clusterFirewall());
  }

  hostFirewall(node: string): FirewallFile {
    return parseFirewall(this.read(`nodes/${node}/host.fw`), "host", this.clusterFirewall());
  }

  saveFirewall(path: string, file: FirewallFile): void {
    const [, node = "", name = ""] = /^(?:nodes\/(.*)\/)?(?:firewall\/)?(.*)\.fw$/.exec(path) ?? [];
    const lock = node ? `host-${node}` : /^\d+$/.test(name) ? `vm-${name}` : name;
    if (!this.quorate) throw failed(`cfs-lock 'firewall-${lock}' error: no quorum!`);
    this.write(path, printFirewall({ ...emptyFirewall(), ...file }));
  }

  users(): Users {
    return new Users(this.read("user.cfg"), this.read("priv/token.cfg"));
  }
}
