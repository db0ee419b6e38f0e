import { randomBytes } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Client } from "./client";
import { Host } from "./host";
import { Image, ensureImages } from "./image";
import { makeKeyPair } from "./keys";
import { withLock } from "./lock";
import { createNetwork, ipv4, ipv6 } from "./network";
import { endWithProcess } from "./owner";
import { ensurePrerequisites } from "./prerequisites";
import { identify, run } from "./process";
import {
  type LabRecord,
  destroyCommand,
  destroyOrphans,
  labDirectory,
  labsLock,
  readRecords,
  writeRecord,
} from "./record";

/** One host to make. */
export interface HostOptions {
  /** Host name: a lower-case letter, then up to 9 letters, digits or dashes. */
  name: string;
  /** What its disk holds at first. @default Image.Full */
  image?: Image;
  /** Size of its disk, which lies in memory. 64 or more. @default 512 */
  diskMegabytes?: number;
  /**
   * Networks beside the lab's own: the host gets a NIC for each, eth1, eth2 ..., without an address, plugged into a switch
   * that all hosts with that name share. Up to 8 letters or digits. @default none
   */
  segments?: string[];
}

/** A lab to make. */
export interface LabOptions {
  /** Name for the command line. @default "lab" */
  name?: string;
  /** One to 80 hosts. */
  hosts: HostOptions[];
  /** Leave the lab to `down` instead of ending it with this process. @default false */
  detached?: boolean;
  /** Gets one line per step. @default silence */
  log?: (line: string) => void;
}

/** How to reach a host over SSH from the client's namespace. */
export interface SshConnection {
  host: string;
  port: number;
  user: string;
  /** Text of the private key, in OpenSSH's format. */
  privateKey: string;
  /** File of the private key, for `ssh -i`. */
  privateKeyFile: string;
  /** Public host key, as a line of authorized_keys. */
  hostKey: string;
}

/**
 * Debian hosts and one client on a switch, each in namespaces of its own.
 *
 * @example
 * const lab = await Lab.start({ hosts: [{ name: "gw-a" }, { name: "gw-b" }] });
 * await lab.host("gw-a").exec("systemctl start keepalived");
 * await cutCable(lab.host("gw-a"));
 * await lab.stop();
 */
export class Lab {
  readonly id: string;
  readonly name: string;
  readonly hosts: readonly Host[];
  readonly client: Client;
  /** File of known_hosts with the key of every host. */
  readonly knownHostsFile: string;

  private readonly keyFile: string;

  private constructor(private readonly record: LabRecord) {
    this.id = record.id;
    this.name = record.name;
    this.hosts = record.hosts.map((host) => new Host(record.id, host));
    this.client = new Client(record.id);
    this.keyFile = join(labDirectory(record.id), "id_ed25519");
    this.knownHostsFile = join(labDirectory(record.id), "known_hosts");
  }

  /** Makes a lab and boots all hosts side by side; returns when every sshd answers the client. */
  static async start(options: LabOptions): Promise<Lab> {
    const log = options.log ?? (() => undefined);
    checkHosts(options.hosts);
    await ensurePrerequisites(log);
    const images = await ensureImages(
      log,
      options.hosts.map((host) => host.image ?? Image.Full),
    );
    await destroyOrphans(log);
    const made = await withLock(labsLock, () => Lab.register(options));
    const { lab } = made;
    if (!options.detached) endWithProcess(lab.id);
    try {
      await createNetwork(
        lab.id,
        lab.hosts.map((host) => host.name),
        [...new Set(options.hosts.flatMap((host) => host.segments ?? []))],
      );
      const starts = await Promise.allSettled(
        lab.hosts.map(async (host, index) => {
          const hostPrivateKey = made.hostPrivateKeys[index] ?? "";
          const diskMegabytes = options.hosts[index]?.diskMegabytes ?? 512;
          await host.install(images, { hostPrivateKey, authorizedKey: made.authorizedKey, diskMegabytes });
          await host.boot();
          log(`lab ${lab.id}: ${host.name} is up at ${host.address} and ${host.address6}`);
        }),
      );
      const failures = starts.flatMap((start) =>
        start.status === "rejected" ? [start.reason as Error] : [],
      );
      if (failures.length > 0) throw new Error(failures.map((failure) => failure.message).join("\n"));
    } catch (error) {
      await lab.stop();
      throw new Error(`lab ${lab.id} did not start: ${(error as Error).message}`, { cause: error });
    }
    return lab;
  }

  /** The labs of this machine. */
  static list(): LabRecord[] {
    return readRecords();
  }

  /** A lab that is there already, by name or id. */
  static open(nameOrId: string): Lab {
    const found = readRecords().filter((record) => record.id === nameOrId || record.name === nameOrId);
    const [record, ...others] = found;
    if (!record) throw new Error(`lab ${nameOrId}: there is none; \`list\` shows those there are`);
    if (others.length > 0) {
      throw new Error(
        `lab ${nameOrId}: several have this name; use an id: ${found.map((one) => one.id).join(", ")}`,
      );
    }
    return new Lab(record);
  }

  /** The host of that name. */
  host(name: string): Host {
    const found = this.hosts.find((host) => host.name === name);
    if (!found) {
      throw new Error(
        `lab ${this.id}: no host ${name}; there are ${this.hosts.map((host) => host.name).join(", ")}`,
      );
    }
    return found;
  }

  /** How to reach a host as root over SSH, from the client's namespace. */
  ssh(host: Host): SshConnection {
    return {
      host: host.address,
      port: 22,
      user: "root",
      privateKey: readFileSync(this.keyFile, "utf8"),
      privateKeyFile: this.keyFile,
      hostKey: host.hostKey,
    };
  }

  /** Ends the lab and leaves nothing of it. Nothing to do when it is gone. */
  async stop(): Promise<void> {
    await run(destroyCommand(this.id));
  }

  private static register(options: LabOptions) {
    const name = options.name ?? "lab";
    if (options.detached && readRecords().some((record) => record.name === name)) {
      throw new Error(`lab ${name}: is there already; end it with \`down\` or choose another name`);
    }
    const login = makeKeyPair("lab");
    const keys = options.hosts.map((host) => makeKeyPair(host.name));
    const record: LabRecord = {
      id: `kl${randomBytes(3).toString("hex")}`,
      name,
      owner: options.detached ? undefined : identify(process.pid),
      hosts: options.hosts.map((host, index) => ({
        name: host.name,
        image: host.image ?? Image.Full,
        segments: host.segments ?? [],
        address: ipv4(11 + index),
        address6: ipv6(11 + index),
        // Without the comment: a key as the options of SSH libraries want it.
        hostKey: (keys[index]?.public ?? "").split(" ").slice(0, 2).join(" "),
      })),
    };
    writeRecord(record);
    const lab = new Lab(record);
    writeFileSync(lab.keyFile, login.private, { mode: 0o600 });
    const known = record.hosts.map(
      (host) => `${host.name},${host.address},${host.address6} ${host.hostKey}\n`,
    );
    writeFileSync(lab.knownHostsFile, known.join(""));
    return { lab, authorizedKey: login.public, hostPrivateKeys: keys.map((key) => key.private) };
  }
}

function checkHosts(hosts: HostOptions[]): void {
  const problems: string[] = [];
  if (hosts.length < 1 || hosts.length > 80) problems.push(`hosts: ${hosts.length}, allowed are 1 to 80`);
  hosts.forEach(({ name, diskMegabytes = 512, segments = [] }, index) => {
    for (const segment of segments) {
      if (!/^[a-z0-9]{1,8}$/.test(segment)) {
        problems.push(
          `hosts[${index}].segments: "${segment}", allowed are 1 to 8 lower-case letters or digits`,
        );
      }
    }
    if (new Set(segments).size !== segments.length || segments.length > 4) {
      problems.push(`hosts[${index}].segments: ${segments.join(", ")}, allowed are up to 4, each once`);
    }
    if (!/^[a-z][a-z0-9-]{0,9}$/.test(name) || ["client", "switch"].includes(name)) {
      const allowed = "a lower-case letter and up to 9 letters, digits or dashes, not client or switch";
      problems.push(`hosts[${index}].name: "${name}", allowed is ${allowed}`);
    }
    if (hosts.findIndex((other) => other.name === name) !== index) {
      problems.push(`hosts[${index}].name: "${name}" is taken by another host; choose another`);
    }
    if (diskMegabytes < 64)
      problems.push(`hosts[${index}].diskMegabytes: ${diskMegabytes}, allowed is 64 or more`);
  });
  if (problems.length > 0) throw new Error(`lab: ${problems.join("\n")}`);
}
