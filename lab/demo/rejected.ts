import { join } from "node:path";
import type { Lab } from "../lab";
import { Stack } from "../stack";
import { node, vip } from "./pair";
import { section, wrap } from "./pulumiText";
import type { Screen } from "./screen";

const policyPack = join(__dirname, "../../policies");

/** Two loose instances that make no pair, one mistake at a time; the address of the second one, then its id. */
const mistakes = [
  { what: "one without unicastSrcIp", rule: "unicast-src-ip-missing", config: {} },
  {
    what: "two VRIDs",
    rule: "virtual-router-id-mismatch-in-stack",
    config: {
      "two-instances:unicastSrcIpB": "192.168.1.3",
      "two-instances:virtualRouterIdB": "52",
    },
  },
];

/** Shows what is refused before any host is touched. */
export async function rejected(screen: Screen, lab: Lab): Promise<void> {
  screen.act("What cannot work is refused in preview");
  await byPolicies(screen, lab);
  await byHaPair(screen, lab);
}

async function byPolicies(screen: Screen, lab: Lab): Promise<void> {
  const [a, b] = lab.hosts;
  const stack = await Stack.create({ client: lab.client, program: "examples/two-instances" });
  try {
    for (const { what, rule, config } of mistakes) {
      const keys = { "two-instances:hostKeyA": a?.hostKey, "two-instances:hostKeyB": b?.hostKey };
      await stack.configure({ ...keys, ...config }, { privateKey: privateKey(lab) });
      screen.command("pulumi preview --policy-pack policies");
      const { code, stdout } = await screen.step(`two KeepalivedInstances, ${what}`, () =>
        stack.pulumi(["preview", "--policy-pack", policyPack], { check: false }),
      );
      const words = complaints(stdout, "Policies");
      screen.say(wrap(words, screen.width - 4));
      screen.promise(code !== 0 && words.includes(`[mandatory]  ${rule}`), `refused: ${rule}`, [stdout]);
    }
  } finally {
    stack.remove();
  }
}

async function byHaPair(screen: Screen, lab: Lab): Promise<void> {
  const stack = await Stack.create({ client: lab.client });
  try {
    const cluster = {
      name: "gw",
      virtualRouterId: 256,
      virtualIpAddresses: [`${vip}/24`],
      nodes: lab.hosts.map((host, index) =>
        index === 0 ? { ...node(host), unicastSrcIp: host.address } : node(host),
      ),
    };
    await stack.configure({ "pulumi-keepalived:cluster": cluster }, { privateKey: privateKey(lab) });
    screen.command("pulumi preview");
    const { code, stdout } = await screen.step(
      "one HaPair, the second node without unicastSrcIp, VRID 256",
      () => stack.pulumi(["preview"], { check: false }),
    );
    const words = complaints(stdout, "Diagnostics");
    screen.say(wrap(words, screen.width - 4));
    const isRefused = /unicastSrcIp: \(missing\)/.test(words) && /virtualRouterId: 256/.test(words);
    screen.promise(code !== 0 && isRefused, "HaPair's own proof names both at once", [stdout]);
  } finally {
    stack.remove();
  }
}

function privateKey(lab: Lab): string {
  const [host] = lab.hosts;
  if (host === undefined) throw new Error("the lab has no host");
  return lab.ssh(host).privateKey;
}

/** What is wrong, without what pulumi says of every program. */
function complaints(stdout: string, heading: string): string {
  return section(stdout, heading)
    .split("\n")
    .filter((line) => !/^ *(warning: Could not find entry point|❌|pulumi:pulumi:Stack )/.test(line))
    .map((line) => line.replace(/^ {4,6}/, ""))
    .join("\n");
}
