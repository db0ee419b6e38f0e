import { both, type Case } from "../case";
import { addresses } from "./addresses";
import { conf } from "./conf";
import { daemon } from "./daemon";
import { firewall } from "./firewall";
import { host } from "./host";
import { network } from "./network";
import { role } from "./role";
import { scripts } from "./scripts";
import { tunnel } from "./tunnel";
import { allOf } from "./tools";

const single = [
  ...firewall,
  ...network,
  ...scripts,
  ...conf,
  ...daemon,
  ...addresses,
  ...host,
  ...role,
  ...tunnel,
];

/** A case of a cause, by the beginning of its name. */
function one(cause: string, name: string, world = "basic"): Case {
  const found = single.find(
    (own) => own.family === cause && own.world === world && own.name.startsWith(name),
  );
  if (found === undefined) throw new Error(`there is no case ${cause}: ${name} (${world})`);
  return found;
}

/** Two faults at once: the second is made where the first is there. */
function together(first: Case, second: Case): Case {
  const seen = [first.seen, second.seen].flatMap((condition) => condition ?? []);
  return {
    family: "pair",
    name: `${first.family} (${first.name}) and ${second.family} (${second.name})`,
    world: first.world,
    faults: [...first.faults, ...second.faults],
    repair: [first, second].every(({ repair }) => repair === "automatic") ? "automatic" : "human",
    inject: both(first.inject, second.inject),
    restore: both(second.restore, first.restore),
    ...(seen.length > 0 && { seen: allOf(...seen) }),
  };
}

/** Several things wrong at once. */
export const pairs: readonly Case[] = [
  together(one("fw-drop", "a rule of nft"), one("notify-not-executable", "an editor")),
  together(one("fw-drop", "the holder drops"), one("daemon-not-enabled", "the link")),
  together(
    one("daemon-down", "it was stopped"),
    one("notify-insecure-path", "everybody may write the program"),
  ),
  together(one("check-failing", "the service of the backup"), one("conf-drift", "another managed file")),
  together(one("conf-vrid", "edited"), one("daemon-not-enabled", "the link")),
  together(one("fw-output", "a rule of nft"), one("fw-drop", "a rule of iptables")),
  together(one("conf-not-loaded", "edited without"), one("selinux-denied", "it says")),
  together(one("vip-duplicate", "ip address"), one("daemon-not-enabled", "systemctl")),
  together(one("vip-orphaned", "stopped"), one("daemon-not-enabled", "systemctl")),
  together(one("fw-established-only", "a chain of nft"), one("notify-not-executable", "an editor")),
  together(one("check-broken", "its program is not"), one("fw-drop", "the holder drops")),
  together(one("replication-broken", "a row", "role"), one("role-stuck", "somebody", "role")),
  together(one("ip-forward", "sysctl", "tunnel"), one("fw-tunnel-port", "a rule", "tunnel")),
];

export { single };
