import type { ChildProcess } from "node:child_process";
import { type Host, until } from "../../lab";
import { inNamespace } from "../../lab/network";
import type { FaultCase } from "./cases";
import { partsOf, type Struck } from "./host";
import { undoSeconds, type World } from "./world";

/** Seconds for which a brief fault lasts. */
const brief = 4;

/** Seconds for which a lasting one lasts at least: the host is to have gone back before it ends. */
export const lasting = undoSeconds + 5;

/** What is struck, and with what. */
export interface Target {
  world: World;
  host: Host;
  /** The other host. */
  peer: Host;
  how: string;
  /** The running pulumi. */
  pulumi: () => ChildProcess | undefined;
}

/** A fault of one kind. */
export interface Interruption {
  /** More words of the spec that is applied. */
  spec?: Record<string, unknown>;
  /** Nothing is applied before the case. */
  isFirstApply?: boolean;
  /** Makes the hosts ready before the apply starts. */
  prepare?: (target: Target) => Promise<void>;
  /** Strikes at a point of the step; absent: what was prepared strikes. */
  strike?: (target: Target, struck: Struck) => Promise<void>;
  /** Whether it stays until the hosts have been looked at, for `lasting` seconds at least. */
  isLasting?: (how: string) => boolean;
  /** Ends it; nothing to do where it has ended. */
  lift?: (target: Target) => Promise<void>;
  /** Says what is wrong where a fault that was only prepared has not struck. */
  missed?: (target: Target) => Promise<string | undefined>;
}

const seconds = (count: number) => new Promise((resolve) => setTimeout(resolve, count * 1000));

const dropSsh = (ports: string) => `
  table bridge suite
  delete table bridge suite
  table bridge suite {
    chain from-port { type filter hook prerouting priority filter; iifname { ${ports} } tcp sport 22 drop; }
    chain to-port { type filter hook forward priority filter; oifname { ${ports} } tcp dport 22 drop; }
  }`;

const kill = (host: Host, pids: readonly number[]) =>
  // Stopped first, so that none of them sees another die and acts on it.
  host.exec(`kill -STOP ${pids.join(" ")}; kill -KILL ${pids.join(" ")}`, { check: false });

/** Before the daemon reads its config, at a start or a reload. */
const onEveryRead = [
  "ExecStartPre=/opt/faults/reload",
  "ExecReload=",
  "ExecReload=/opt/faults/reload $MAINPID",
];

const dropIn = "/run/systemd/system/keepalived.service.d/zz-faults.conf";

/** keepalived's service does something else with any config than with the present one. */
async function prepareReload(host: Host, isOther: string, isSame: string): Promise<void> {
  await host.writeFile(
    "/opt/faults/reload",
    `#!/bin/sh
if [ "$(sha256sum </etc/keepalived/keepalived.conf)" = "$(cat /opt/faults/good)" ]; then ${isSame}; else touch /run/faults-other; ${isOther}; fi\n`,
    "755",
  );
  await host.exec("sha256sum </etc/keepalived/keepalived.conf >/opt/faults/good; rm -f /run/faults-other");
}

async function useDropIn(host: Host, lines: string[]): Promise<void> {
  await host.writeFile(dropIn, ["[Service]", ...lines, ""].join("\n"));
  await host.exec("systemctl daemon-reload");
}

async function removeDropIn(host: Host): Promise<void> {
  if (!host.isOn) return;
  await host.exec(
    `[ ! -e ${dropIn} ] || { rm ${dropIn}; systemctl daemon-reload; }; rm -f /run/faults-other`,
  );
}

const sawOther = async (host: Host) =>
  (await host.exec("test -e /run/faults-other", { check: false })).code === 0
    ? undefined
    : "keepalived was never told to read the new config";

const isFullForLong = (how: string) => how === "lasting" || how === "run";

const interruptions: Record<FaultCase["kind"], Interruption | Record<string, Interruption>> = {
  "ssh-cut": {
    isLasting: (how) => how === "lasting",
    strike: async ({ world, host, how }, struck) => {
      if (how === "session") {
        await kill(host, [partsOf(struck).session]);
        return;
      }
      await inNamespace(world.lab.client.switch, "nft -f -", dropSsh(`"${host.port}"`));
    },
    lift: async ({ world }) => {
      await inNamespace(
        world.lab.client.switch,
        "nft -f -",
        "table bridge suite\ndelete table bridge suite\n",
      );
    },
  },
  kill: {
    strike: async ({ host, how }, struck) => {
      const { agent, shell, all } = partsOf(struck);
      await kill(host, how === "agent" ? [agent] : how === "shell" ? [shell] : all);
    },
  },
  "disk-full": {
    isLasting: isFullForLong,
    strike: async ({ host, how }) => {
      if (how === "run") {
        await host.exec(`mount -o remount,size=$(df -k /run | awk 'NR == 2 { print $3 }')k /run`);
        return;
      }
      await host.exec("dd if=/dev/zero of=/fill bs=64k; dd if=/dev/zero of=/fill-rest bs=512; true", {
        check: false,
      });
    },
    lift: async ({ host }) => {
      if (host.isOn) await host.exec("rm -f /fill /fill-rest; mount -o remount,size=64m /run");
    },
  },
  reboot: { strike: ({ host }) => host.reboot() },
  "power-loss": {
    strike: async ({ host, how }) => {
      await host.powerOff();
      if (how === "long") await seconds(lasting);
      await host.boot();
    },
  },
  package: {
    source: {
      isFirstApply: true,
      prepare: async ({ host }) => {
        await host.exec(
          "mv /etc/apt/sources.list.d /root/sources && mkdir /etc/apt/sources.list.d && apt-get -qq update",
        );
      },
      lift: async ({ host }) => {
        await host.exec(
          "[ ! -d /root/sources ] || { rmdir /etc/apt/sources.list.d; mv /root/sources /etc/apt/sources.list.d; }",
        );
      },
    },
    killed: {
      isFirstApply: true,
      prepare: async ({ host }) => {
        await host.exec(
          "rm -rf /run/faults-apt; echo 'Dir::Bin::dpkg \"/opt/faults/dpkg\";' >/etc/apt/apt.conf.d/zz-faults",
        );
      },
      lift: async ({ host }) => {
        await host.exec("rm -f /etc/apt/apt.conf.d/zz-faults");
      },
      missed: async ({ host }) =>
        (await host.exec("test -e /run/faults-apt", { check: false })).code === 0
          ? undefined
          : "apt was not killed",
    },
  },
  "refused-config": {
    test: {
      // A user that only the peer has: keepalived -t refuses the config on the host.
      spec: { scriptUser: "checker" },
      prepare: async ({ host, peer }) => {
        await peer.exec("id checker 2>/dev/null || useradd --system checker");
        await host.exec("! id checker 2>/dev/null || userdel checker");
      },
      lift: async ({ host }) => {
        await host.exec("id checker 2>/dev/null || useradd --system checker");
      },
    },
    reload: {
      prepare: async ({ host }) => {
        await prepareReload(host, 'kill -TERM "$1"; exit 1', '[ -z "$1" ] || kill -HUP "$1"');
        await useDropIn(host, onEveryRead);
      },
      lift: ({ host }) => removeDropIn(host),
      missed: ({ host }) => sawOther(host),
    },
  },
  "lock-out": {
    prepare: async ({ host }) => {
      const lock =
        "nft 'add table inet lockout; add chain inet lockout input { type filter hook input priority 0; }; " +
        "add rule inet lockout input tcp dport 22 ct state new drop'";
      const tell = '[ -z "$1" ] || kill -HUP "$1"';
      await prepareReload(host, `${lock}; ${tell}`, `nft delete table inet lockout 2>/dev/null; ${tell}`);
      await useDropIn(host, onEveryRead);
    },
    lift: async ({ host }) => {
      await removeDropIn(host);
      await host.exec("nft delete table inet lockout", { check: false });
    },
    missed: ({ host }) => sawOther(host),
  },
  clock: {
    strike: async ({ host, how }) => {
      await host.exec(`echo '${how}' >/run/faults/clock`);
    },
  },
  "pulumi-kill": {
    strike: async ({ pulumi }) => {
      const child = pulumi();
      child?.kill("SIGKILL");
      await until("pulumi is dead", 5000, () => child?.exitCode !== null || child?.signalCode !== null);
    },
  },
};

/** How a case strikes. */
export function interruptionOf({ kind, how }: FaultCase): Interruption {
  const found = interruptions[kind];
  return how in found ? (found as Record<string, Interruption>)[how]! : found;
}

/** Seconds after which a fault of a case ends by itself; undefined: it has no end of its own, or stays. */
export function endsAfter({ kind, how }: FaultCase): number | undefined {
  return (kind === "ssh-cut" || kind === "disk-full") && how === "brief" ? brief : undefined;
}
