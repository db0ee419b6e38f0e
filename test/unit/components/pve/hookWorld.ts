import { execFile } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { NicWords } from "../../../../hypervisor";
import type { NicInputs } from "../../../../components/pve/model";
import type { RunOnNode } from "../../../../components/pve/ssh";
import type { Answer, PveApi, Request } from "../../../../components/pve/transport";
import { PveError } from "../../../../lab/pve/errors";
import { NoHardware } from "../../../../lab/pve/hardware";
import { type PveOptions, PveStandIn } from "../../../../lab/pve";
import { World } from "./world";

/** Snippets of each node in a directory of its own; a NIC that is plugged anew has the flags of a new port. */
class Nodes extends NoHardware {
  constructor(readonly root: string) {
    super(join(root, "snippets"));
  }

  override snippets(node: string): string {
    return node === "pve1" ? this.directory : `${this.directory}-${node}`;
  }

  /** The node's own file, with its bridge. */
  override hook(node: string, script: string, id: number, phase: string): Promise<void> {
    const env = { PATH: `${this.root}/bin:${process.env["PATH"]}` };
    return new Promise((resolve, reject) => {
      execFile(join(this.snippets(node), script), [String(id), phase], { env }, (error) =>
        error ? reject(new Error(error.message)) : resolve(),
      );
    });
  }

  override async replug(id: number, nic: string): Promise<void> {
    await super.replug(id, nic);
    newPorts(this.root, id);
  }

  override async powerOn(id: number): Promise<void> {
    await super.powerOn(id);
    newPorts(this.root, id);
  }
}

const NEW = "learning off flood off mcast_flood on mcast_router 1";

function newPorts(root: string, id: number): void {
  for (const port of [`tap${id}i0`, `fwpr${id}p0`]) writeFileSync(join(root, "ports", port), `x ${NEW}\n`);
}

/** `bridge link` over files. */
const BRIDGE = `#!/bin/sh
ports=$(dirname "$0")/../ports
if [ "$1" = -d ]; then shift; fi
case "$2" in
  show) cat "$ports/$4" ;;
  set) sed -i "s/ $5 [^ ]*/ $5 $6/" "$ports/$4" ;;
esac
`;

/** Another node is another directory of snippets here. Beside it lies the name of each that is down. */
const SSH = `#!/bin/sh
root=$(cd "$(dirname "$0")/.." && pwd)
for word; do case "$word" in HostKeyAlias=*) node=\${word#*=} ;; root@*) address=$word ;; esac; command=$word; done
echo "$address as $node" >>"$root/ssh.log"
[ ! -e "$root/down-$node" ] || { echo "ssh: connect to host $address port 22: No route to host" >&2; exit 255; }
PATH=$(dirname "$0"):$PATH exec sh -c "$(printf %s "$command" | sed "s#$root/snippets#$root/snippets-$node#g")"
`;

/** What root's pvesh and shell on pve1 answer. */
function rootApi(pve: PveStandIn, run: RunOnNode): PveApi {
  const methods = { get: "GET", set: "PUT", create: "POST", delete: "DELETE" } as const;
  const one = async ({ method, path, params = {} }: Request): Promise<Answer> => {
    try {
      const asked = {
        method: methods[method],
        path,
        params,
        who: "root@pam",
        node: "pve1",
        via: "pvesh" as const,
      };
      return { data: JSON.parse(JSON.stringify((await pve.ask(asked)).data ?? null)) as unknown };
    } catch (error) {
      if (!(error instanceof PveError)) throw error;
      const { status, message, errors } = error;
      return { refusal: { status, message, ...(errors && { errors }) } };
    }
  };
  return {
    where: "pve1",
    ask: async (requests) => {
      const answers: Answer[] = [];
      for (const request of requests) answers.push(await one(request));
      return answers;
    },
    shell: run,
    close: () => undefined,
  };
}

const shell: RunOnNode = (script) =>
  new Promise((resolve, reject) => {
    execFile("sh", ["-c", script], (error, stdout) =>
      error ? reject(new Error(error.message)) : resolve(stdout),
    );
  });

/** A pair in a PVE of two nodes that is reached over SSH, with its snippets and ports. */
export class HookWorld {
  private constructor(
    readonly world: World,
    readonly root: string,
  ) {}

  static async start(options: Partial<PveOptions> = {}): Promise<HookWorld> {
    const root = mkdtempSync(join(tmpdir(), "hook-"));
    for (const name of ["bin", "ports", "snippets", "snippets-pve2"]) mkdirSync(join(root, name));
    for (const [name, text] of [
      ["bridge", BRIDGE],
      ["ssh", SSH],
    ] as const) {
      writeFileSync(join(root, "bin", name), text);
      chmodSync(join(root, "bin", name), 0o755);
    }
    for (const id of [101, 102]) newPorts(root, id);
    const bridges = { vmbr0: { "bridge-disable-mac-learning": 1 } };
    const directory = join(root, "etc");
    const world = await World.start({ bridges, directory, ...options }, () => api, new Nodes(root));
    const api = rootApi(world.pve, (script) =>
      shell(`PATH=${root}/bin:$PATH\n${script.replaceAll("/etc/pve", directory)}`),
    );
    return new HookWorld(world, root);
  }

  get pve(): PveStandIn {
    return this.world.pve;
  }

  inputs(words: NicWords, more: Partial<NicInputs> = {}): NicInputs {
    return this.world.inputs(words, { access: { "": { connection: {} as never } }, ...more });
  }

  file(id: number, node: string): string {
    return join(this.root, node === "pve1" ? "snippets" : `snippets-${node}`, `vrrp-agent-${id}.sh`);
  }

  /** Which guests' scripts are on which nodes. */
  files(): string[] {
    return [101, 102].flatMap((id) =>
      ["pve1", "pve2"].filter((node) => existsSync(this.file(id, node))).map((node) => `${id} on ${node}`),
    );
  }

  port(name: string): string {
    return readFileSync(join(this.root, "ports", name), "utf8")
      .trim()
      .slice(2);
  }

  setPort(name: string, flags: string): void {
    writeFileSync(join(this.root, "ports", name), `x ${flags}\n`);
  }

  down(node: string): void {
    writeFileSync(join(this.root, `down-${node}`), "");
  }

  async stop(): Promise<void> {
    await this.pve.stop();
    rmSync(this.root, { recursive: true, force: true });
  }
}

export { NEW };
