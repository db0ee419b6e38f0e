import { ensureEngine } from "../../engine/setup";
import type { Host } from "../host";
import { Lab } from "../lab";
import { prepareLab } from "../prepare";
import { Stack } from "../stack";
import { hosts } from "./pair";
import type { Screen } from "./screen";
import { type Snapshot, takeSnapshot } from "./snapshot";

const firewall = `#!/usr/sbin/nft -f
flush ruleset
table inet filter {
  chain input {
    type filter hook input priority filter; policy drop;
    iif lo accept
    ct state established,related accept
    tcp dport ssh accept
    meta l4proto { icmp, ipv6-icmp } accept
  }
}
`;

/** Boots the hosts and makes an empty stack; all of it goes with this process. */
export async function setUp(
  screen: Screen,
): Promise<{ lab: Lab; stack: Stack; before: Record<string, Snapshot> }> {
  screen.act("Two gateways and a client");
  const log = (line: string) => screen.note(line);
  await screen.step("Pulumi's engine", () => ensureEngine({ log }));
  await screen.step("the lab's tools and disk images", () => prepareLab(log));
  const lab = await screen.step(`${hosts.join(", ")} and a client boot on one switch`, () =>
    Lab.start({ name: "demo", hosts: hosts.map((name) => ({ name })) }),
  );
  const stack = await screen.step("an empty Pulumi stack", () => Stack.create({ client: lab.client }));
  // Also on Ctrl-C: the lab ends by itself then, and ends what still runs in it.
  process.on("exit", () => stack.remove());
  const before = await screen.step("the state of both gateways is recorded, every file of them", async () => {
    const snapshots = lab.hosts.map(async (host) => {
      await closeFirewall(host);
      return [host.name, await takeSnapshot(host)] as const;
    });
    return Object.fromEntries(await Promise.all(snapshots));
  });
  screen.note("Each is a whole Debian with systemd, sshd, keepalived (not configured) and");
  screen.note("a firewall that lets in SSH and ping, nothing else.");
  return { lab, stack, before };
}

async function closeFirewall(host: Host): Promise<void> {
  await host.writeFile("/etc/nftables.conf", firewall, "755");
  await host.exec("systemctl --quiet enable --now nftables");
}
