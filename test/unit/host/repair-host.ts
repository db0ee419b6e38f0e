import { bundleOf, FakeHost, generation, nodeFiles, type Shell } from "./fake-host";

const EVENTS = "var/log/vrrp-agent/events.jsonl";

/** `ip` with addresses that come and go. */
const IP = `
  case $* in
  "-o address show dev "* | "-o -4 address show dev "*) for dev; do :; done; cat "$FAKE/addresses.$dev" 2>/dev/null ;;
  "address add "*) echo "ip $*" >>"$FAKE/calls"
    [ ! -e "$FAKE/refuses-add" ] || { echo "RTNETLINK answers: Operation not permitted"; exit 2; }
    echo "2: $5    inet $3 scope global $5" >>"$FAKE/addresses.$5" ;;
  "address del "*) echo "ip $*" >>"$FAKE/calls"
    [ -e "$FAKE/comes-back" ] || { grep -v -F " $3 " "$FAKE/addresses.$5" >"$FAKE/left"; cp "$FAKE/left" "$FAKE/addresses.$5"; } ;;
  "neigh show "*) cat "$FAKE/neighbour.$3" 2>/dev/null || true ;;
  *" show"*) ;;
  *) echo "ip $*" >>"$FAKE/calls" ;;
  esac`;

export interface RepairEvent {
  name: string;
  state: string;
  words?: string;
}

/** A fake host with the cluster gw applied, whose keepalived runs as BACKUP. */
export class RepairHost {
  private constructor(readonly host: FakeHost) {}

  static async create(shell: Shell, changes: Record<string, string> = {}): Promise<RepairHost> {
    const host = await FakeHost.create(shell);
    host.program("logger", `echo "logger $*" >>"$FAKE/log"`);
    host.program("ip", IP);
    host.succeed(["stage"], bundleOf(nodeFiles(changes)));
    host.succeed(["activate", "gw", generation(1)]);
    host.succeed(
      ["confirm", "gw", generation(1)],
      `vip 10.0.0.100 holder b\nvip 10.0.0.100 free a\ngeneration ${generation(1)} a\ngeneration ${generation(1)} b\n`,
    );
    host.calls();
    return new RepairHost(host);
  }

  repair(...words: string[]) {
    return this.host.agent(["repair", "gw", ...words]);
  }

  /** What keepalived last reported, just now. */
  reports(state: string, age = 0): void {
    const time = Math.floor(Date.now() / 1000) - age;
    this.host.write(
      "run/vrrp-agent/gw/gw.state",
      `state ${state}\npriority 100\nsince ${time}\nheartbeat ${time}\n`,
    );
  }

  /** The loopback's peer answers ARP for the virtual address. */
  peerHolds(): void {
    this.host.state("arp.10.0.0.100", "Unicast reply from 10.0.0.100 [02:00:00:00:00:0B]  0.8ms\n");
  }

  /** Addresses of eth0 as the host has them. */
  get addresses(): string[] {
    return [...this.host.stateOf("addresses.eth0").matchAll(/inet (\S+)/g)].map(([, address]) => address!);
  }

  events(): RepairEvent[] {
    if (!this.host.has(EVENTS)) return [];
    return this.host
      .read(EVENTS)
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line) as RepairEvent & { kind: string })
      .filter(({ kind }) => kind === "REPAIR")
      .map(({ name, state, words }) => ({ name, state, ...(words !== undefined && { words }) }));
  }

  close(): void {
    this.host.close();
  }
}
