/**
 * Makes what three guides on the net describe, on real hosts, asks the doctor as a user does, and writes its answers into
 * docs/doctor.md: `npm run stories:doctor -- [--no-docs]`. The exit status says whether each answer was the right one.
 */
import { join } from "node:path";
import { until } from "../../lab";
import { prepareLab } from "../../lab";
import { ensureEngine } from "../../engine/setup";
import { writeSection } from "../writeSection";
import { type Case, strike } from "./case";
import { caseNamed } from "./cases";
import { judge, type Report } from "./judge";
import { World } from "./world";

const page = join(__dirname, "../../docs/doctor.md");

interface Story {
  /** Heading of its section. */
  title: string;
  /** What the guide's author saw, and how it is made here. */
  what: string;
  one: Case;
}

const stories: readonly Story[] = [
  {
    title: "UNKNOWN, perhaps VRRP is filtered: a firewall",
    what: "A guide for a pair of gateways of which one is OpenWrt: at the test of a failover the backup does not take the address, a state file says UNKNOWN, and the tool guesses at multicast and the hypervisor, for a pair that sends unicast. Here the backup's fw4 has lost the rule for protocol 112.",
    one: caseNamed("fw-uci", "the rule was deleted"),
  },
  {
    title: "UNKNOWN, perhaps VRRP is filtered: the hypervisor",
    what: "The same guide's other guess, for which it turns off the filter of Proxmox VE or ESXi at random. Here the port of the primary lets nothing but TCP, UDP, ICMP and ARP pass; both firewalls are right, and both nodes are master.",
    one: caseNamed("hv-filter", "nothing but TCP, UDP, ICMP and ARP passes gw-a's port"),
  },
  {
    title: "UNKNOWN, perhaps VRRP is filtered: the notify program",
    what: "And its third one: keepalived could not run the program that writes the state file.",
    one: caseNamed("notify-not-executable", "chmod -x, and keepalived was restarted"),
  },
  {
    title: "The address does not move between two sites",
    what: "A guide for two sites over WireGuard (its 5.2): the master fails and the address stays where it is. Among its own configurations: `nopreempt` with a check of negative weight.",
    one: caseNamed("conf-nopreempt", "with a weight no failing check moves the address"),
  },
  {
    title: "Two masters at two sites",
    what: "The same guide (its 5.3): both sites hold the address. Here the firewall of site A lets WireGuard's port in no more.",
    one: caseNamed("fw-tunnel-port", "a rule of nft drops the port"),
  },
  {
    title: "Two masters behind the firewall of a fresh installation",
    what: "A case study of two directors with multicast: adverts arrive at the NIC of the backup, and keepalived does not hear them; SELinux is enforcing, and the last rule of iptables rejects. The author turned both off.",
    one: caseNamed("fw-reject", "the default of many distributions on both, by multicast"),
  },
];

/** The doctor's answer in words; throws where it is not the right one. */
async function answer(world: World, { one }: Story): Promise<string> {
  await strike(world, one.inject);
  const { seen } = one;
  if (seen !== undefined) await until("the fault shows", 25_000, () => seen(world));
  const { stdout } = await world.cli("doctor", "--json");
  const { failures } = judge(one, JSON.parse(stdout) as Report);
  const text = (await world.cli("doctor")).stdout;
  if (failures.length > 0) throw new Error(`${failures.join("; ")}\n${text}`);
  return text;
}

async function main(): Promise<number> {
  const log = (text: string) => console.error(text);
  await ensureEngine({ log });
  await prepareLab(log);
  const sections = new Map<Story, string>();
  let failed = 0;
  for (const name of new Set(stories.map(({ one }) => one.world))) {
    const world = await World.create(name, log);
    try {
      for (const story of stories.filter(({ one }) => one.world === name)) {
        try {
          const text = await answer(world, story);
          console.log(`\n## ${story.title}\n\n${text}`);
          sections.set(story, text);
        } catch (error) {
          failed++;
          console.log(`FAIL ${story.title}: ${(error as Error).message}`);
        } finally {
          await strike(world, story.one.restore);
        }
        await world.heal();
      }
    } finally {
      await world.remove();
    }
  }
  if (failed === 0 && !process.argv.includes("--no-docs")) {
    const text = stories.map(
      (story) =>
        `### ${story.title}\n\n${story.what}\n\n\`\`\`text\n${sections.get(story)!.trimEnd()}\n\`\`\``,
    );
    await writeSection(page, "stories", text.join("\n\n"));
  }
  console.log(`${sections.size} passed, ${failed} failed`);
  return failed === 0 ? 0 : 1;
}

main().then(
  (status) => process.exit(status),
  (error: unknown) => {
    console.error(error);
    process.exit(2);
  },
);
