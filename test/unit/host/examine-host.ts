import { type ChildProcess, spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";

import { bundleOf, FakeHost, generation, nodeFiles, type Shell } from "./fake-host";

export const CONF = "etc/keepalived/keepalived.conf";

/** A config as it is rendered, in short. */
export const KEEPALIVED_CONF = `global_defs {
    script_user root
    enable_script_security
}

vrrp_instance gw {
    state BACKUP
    interface eth0
    virtual_router_id 51
    priority 100
    advert_int 1
    version 2
    unicast_src_ip 10.0.0.1
    unicast_peer {
        10.0.0.2
    }
    include gw.auth.conf
    virtual_ipaddress {
        10.0.0.100/24
    }
}
`;

export const AUTH = "authentication {\n    auth_type PASS\n    auth_pass hush7hush\n}\n";

/** A fake host that `vrrp-agent examine gw` looks at; nothing of this machine's own journal or users is seen. */
export async function examinedHost(shell: Shell): Promise<FakeHost> {
  const host = await FakeHost.create(shell);
  host.program("journalctl", 'cat "$FAKE/journal" 2>/dev/null || true');
  host.program("logger", 'echo "logger $*" >>"$FAKE/calls"');
  host.program("chronyc", "exit 1");
  for (const path of ["tmp", "dev/shm"]) host.write(`${path}/.made`, "");
  return host;
}

export function apply(host: FakeHost, n: number, changes: Record<string, string> = {}): void {
  const files = nodeFiles({
    [`/${CONF}`]: KEEPALIVED_CONF,
    "/etc/keepalived/gw.auth.conf": AUTH,
    ...changes,
  });
  host.succeed(["stage"], bundleOf(files, { generation: generation(n) }));
  host.succeed(["activate", "gw", generation(n)]);
  const seen = `vip 10.0.0.100 holder a\nvip 10.0.0.100 free b\ngeneration ${generation(n)} a\ngeneration ${generation(n)} b\n`;
  host.succeed(["confirm", "gw", generation(n)], seen);
  host.calls();
}

/** The facts of a look, a line each. */
export function examine(host: FakeHost, ...options: string[]): string[] {
  return host.succeed(["examine", "gw", "--window", "1", ...options]).split("\n");
}

/** Those that begin with a word. */
export const facts = (lines: string[], word: string): string[] =>
  lines.filter((line) => line === word || line.startsWith(`${word} `));

/**
 * A process that writes down what it has when it is told to, as keepalived does: the data by SIGUSR1; by SIGUSR2 its counters, the
 * first and then the second text.
 */
export class FakeKeepalived {
  private constructor(
    private readonly daemon: ChildProcess,
    private readonly host: FakeHost,
  ) {}

  static async start(host: FakeHost, data: string, first: string, second = first): Promise<FakeKeepalived> {
    // Only while a dump is waited for has time to pass.
    host.program("sleep", '[ "$1" != 0.05 ] || exec /bin/sleep 0.05');
    host.write("dumps/data", data);
    host.write("dumps/stats.1", first);
    host.write("dumps/stats.2", second);
    const child = `
      n=0
      trap 'cp dumps/data tmp/data.new; mv tmp/data.new tmp/keepalived.data; echo USR1 >>dumps/asked' USR1
      trap 'n=$((n + 1)); cp dumps/stats.$n tmp/stats.new; mv tmp/stats.new tmp/keepalived.stats; echo USR2 >>dumps/asked' USR2
      echo ready
      while :; do sleep 600 & wait $!; done`;
    const daemon = spawn("/bin/dash", ["-c", `/bin/dash -c '${child.replace(/'/g, `'"'"'`)}' & wait`], {
      cwd: host.root,
      detached: true,
      stdio: ["ignore", "pipe", "inherit"],
      env: { PATH: "/usr/bin:/bin", TMPDIR: join(host.root, "tmp") },
    });
    await new Promise((resolve) => daemon.stdout.once("data", resolve));
    host.state("keepalived.pid", String(daemon.pid));
    return new FakeKeepalived(daemon, host);
  }

  /** The signals that it got. */
  asked(): string[] {
    return readFileSync(join(this.host.root, "dumps/asked"), "utf8").split("\n").filter(Boolean);
  }

  stop(): void {
    process.kill(-this.daemon.pid!, "SIGKILL");
  }
}
