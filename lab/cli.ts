import { spawnSync } from "node:child_process";
import { parseArgs } from "node:util";
import * as faults from "./faults";
import type { Host } from "./host";
import { Image } from "./image";
import { Lab } from "./lab";
import { isRunning, run } from "./process";
import { destroyOrphans, readRecords } from "./record";

const usage = `Usage: lab COMMAND [--name LAB]

  up [HOST[:IMAGE]...]     boot a lab (default: gw-a gw-b); it stays until down
                           IMAGE: full (default), bare, installable
  down [--all]             end the lab, or all labs; nothing of it stays
  list                     labs, their hosts and whether these are on
  shell [HOST]             a shell on a host, or in the client's namespace
  exec HOST|client CMD...  run a command there
  ssh HOST [CMD...]        from the client to the host over SSH
  fault NAME HOST [VALUE]  ${Object.keys(stationFaults()).join(", ")}
  power on|off|reboot HOST
  console HOST             what the host wrote to its console

LAB is a name or an id; it may be left out while there is only one lab.
Exit status: 0 done (exec, shell, ssh: that of the command), 1 failed, 2 called wrongly.
`;

class UsageError extends Error {}

/** Faults by the names of the command line. */
function stationFaults(): Record<string, (host: Host, value: string | undefined) => Promise<void>> {
  const number = (value: string | undefined) => {
    if (value === undefined || !Number.isFinite(Number(value)))
      throw new UsageError("this fault takes a number");
    return Number(value);
  };
  return {
    "cut-cable": faults.cutCable,
    "restore-cable": faults.restoreCable,
    "cut-silently": faults.cutSilently,
    "restore-silently": faults.restoreSilently,
    mute: faults.mute,
    unmute: faults.unmute,
    deafen: faults.deafen,
    undeafen: faults.undeafen,
    "drop-vrrp": faults.dropVrrp,
    "restore-vrrp": faults.restoreVrrp,
    "lose-frames": (host, value) => faults.loseFrames(host, number(value)),
    "delay-frames": (host, value) => faults.delayFrames(host, number(value)),
    kill: (host, value) => faults.kill(host, value ?? "keepalived"),
    "kill-parent": (host, value) => faults.kill(host, value ?? "keepalived", "parent"),
  };
}

const log = (line: string) => process.stderr.write(`${line}\n`);

function openLab(name: string | undefined): Lab {
  if (name !== undefined) return Lab.open(name);
  const records = readRecords();
  const [only, ...others] = records;
  if (!only) throw new Error("there is no lab; `up` makes one");
  if (others.length > 0)
    throw new UsageError(`several labs: choose with --name ${records.map((r) => r.id).join("|")}`);
  return Lab.open(only.id);
}

async function up(name: string | undefined, args: string[]): Promise<void> {
  const hosts = (args.length > 0 ? args : ["gw-a", "gw-b"]).map((arg) => {
    const [host = "", image = Image.Full] = arg.split(":");
    const known = Object.values(Image).find((one) => one === image);
    if (!known) throw new UsageError(`image "${image}": allowed are ${Object.values(Image).join(", ")}`);
    return { name: host, image: known };
  });
  const lab = await Lab.start({ name, hosts, detached: true, log });
  log(`lab ${lab.id} (${lab.name}) is up`);
  log(`  operator's seat:  ${lab.client.enter(["bash"]).join(" ")}`);
  for (const host of lab.hosts) log(`  ${host.name}:  ${sshCommand(lab, host).join(" ")}`);
}

async function down(name: string | undefined, all: boolean): Promise<void> {
  await destroyOrphans(log);
  if (all) {
    for (const record of readRecords()) await Lab.open(record.id).stop();
    return;
  }
  // Ending what is not there is done already.
  if (name === undefined && readRecords().length === 0) return;
  await openLab(name).stop();
}

function list(): void {
  for (const record of readRecords()) {
    const lab = Lab.open(record.id);
    const owner = !record.owner
      ? "detached"
      : `process ${record.owner.pid}${isRunning(record.owner) ? "" : ", dead: the next up or down cleans it"}`;
    process.stdout.write(`${record.id} ${record.name} (${owner})\n`);
    lab.hosts.forEach((host, index) => {
      const image = record.hosts[index]?.image ?? "";
      const power = host.isOn ? "on" : "off";
      process.stdout.write(
        `  ${host.name.padEnd(10)} ${power.padEnd(3)} ${image.padEnd(11)} ${host.address} ${host.address6}\n`,
      );
    });
    process.stdout.write(
      `  client         ${lab.client.netns} ${lab.client.address} ${lab.client.address6}\n`,
    );
  }
}

function sshCommand(lab: Lab, host: Host): string[] {
  const { privateKeyFile, user, host: address } = lab.ssh(host);
  const known = ["-o", `UserKnownHostsFile=${lab.knownHostsFile}`, "-o", "StrictHostKeyChecking=yes"];
  const only = ["-o", "IdentitiesOnly=yes", "-F", "none"];
  return lab.client.enter(["ssh", "-i", privateKeyFile, ...known, ...only, `${user}@${address}`]);
}

/** Runs a command on this terminal and takes over its exit status. */
function attach(argv: readonly string[]): void {
  const [file = "", ...args] = argv;
  const { status, error } = spawnSync(file, args, { stdio: "inherit" });
  if (error) throw error;
  process.exitCode = status ?? 1;
}

function required(value: string | undefined, what: string): string {
  if (value === undefined) throw new UsageError(`${what} is missing`);
  return value;
}

async function main(argv: string[]): Promise<void> {
  // Options come before the operands, so that those of a command for a host are left alone.
  const firstOperand = argv.findIndex(
    (arg, index) => index > 0 && !arg.startsWith("-") && argv[index - 1] !== "--name",
  );
  const [head, operands] =
    firstOperand < 0 ? [argv, []] : [argv.slice(0, firstOperand), argv.slice(firstOperand)];
  const { values, positionals } = parseArgs({
    args: head,
    allowPositionals: true,
    options: { name: { type: "string" }, all: { type: "boolean" }, help: { type: "boolean", short: "h" } },
  });
  const [command] = positionals;
  if (values.help || command === undefined) {
    process.stdout.write(usage);
    process.exitCode = values.help ? 0 : 2;
    return;
  }
  const host = () => {
    const lab = openLab(values.name);
    return lab.host(required(operands[0], "HOST"));
  };
  switch (command) {
    case "up":
      return up(values.name, operands);
    case "down":
      return down(values.name, values.all ?? false);
    case "list":
      return list();
    case "shell": {
      const lab = openLab(values.name);
      const seat = operands[0] === undefined || operands[0] === "client" ? lab.client : lab.host(operands[0]);
      return attach(seat.enter(["bash", "-l"]));
    }
    case "exec": {
      const lab = openLab(values.name);
      const [where, ...rest] = operands;
      const seat = where === "client" ? lab.client : lab.host(required(where, "HOST"));
      required(rest[0], "CMD");
      return attach(seat.enter(rest.length === 1 ? rest.join("") : rest));
    }
    case "ssh": {
      const lab = openLab(values.name);
      return attach([...sshCommand(lab, lab.host(required(operands[0], "HOST"))), ...operands.slice(1)]);
    }
    case "fault": {
      const [name, hostName, value] = operands;
      const fault = stationFaults()[required(name, "NAME")];
      if (!fault)
        throw new UsageError(`fault "${name}": allowed are ${Object.keys(stationFaults()).join(", ")}`);
      return fault(openLab(values.name).host(required(hostName, "HOST")), value);
    }
    case "power": {
      const [what, hostName] = operands;
      const machine = openLab(values.name).host(required(hostName, "HOST"));
      if (what === "on") return machine.boot();
      if (what === "off") return machine.powerOff();
      if (what === "reboot") return machine.reboot();
      throw new UsageError(`power "${what}": allowed are on, off, reboot`);
    }
    case "console":
      process.stdout.write((await run(["cat", host().console])).stdout);
      return;
    default:
      throw new UsageError(`command "${command}" is unknown`);
  }
}

main(process.argv.slice(2)).catch((error: unknown) => {
  log(`lab: ${(error as Error).message.replace(/^lab: /, "")}`);
  const wrong =
    error instanceof UsageError || (error as { code?: string }).code?.startsWith("ERR_PARSE_ARGS");
  if (wrong) log("`lab --help` shows how it is called");
  process.exitCode = wrong ? 2 : 1;
});
