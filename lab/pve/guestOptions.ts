import { PveError, failed } from "./errors";
import { type Kind, nicFormat } from "./nic";
import { booleanOf, isInteger, isNumber, parseProperties, undefinedProperty } from "./propertyString";

/**
 * The options of a guest: which there are, of which type, who may set them, and which come into force while it runs.
 * Drives and the other devices are known by name only: their values are kept as they are.
 */

export type Type = "string" | "boolean" | "integer" | "number";

export interface Option {
  type: Type;
  /** Rights of which all are needed; "root": only root@pam may. */
  needs: readonly string[] | "root";
  /** In force at once in a guest that runs, as nothing in it changes. */
  atOnce?: boolean;
  values?: readonly string[];
}

const privileges = {
  cpu: ["VM.Config.CPU"],
  memory: ["VM.Config.Memory"],
  hardware: ["VM.Config.HWType"],
  general: ["VM.Config.Options"],
  disk: ["VM.Config.Disk"],
  network: ["VM.Config.Network"],
  cloudInit: ["VM.Config.Cloudinit"],
  power: ["VM.PowerMgmt"],
} as const;

const locks = [
  "backup",
  "clone",
  "create",
  "migrate",
  "rollback",
  "snapshot",
  "snapshot-delete",
  "suspending",
  "suspended",
];

type Row = [names: string, type: Type, needs: Option["needs"], atOnce?: boolean];

const qemu: Row[] = [
  ["name description tags", "string", privileges.general, true],
  ["onboot protection", "boolean", privileges.general, true],
  ["startup", "string", privileges.general, true],
  ["migrate_speed", "integer", privileges.general, true],
  ["migrate_downtime", "number", privileges.general, true],
  ["autostart localtime reboot tdf template", "boolean", privileges.general],
  ["agent bios keyboard ostype startdate", "string", privileges.general],
  ["acpi kvm tablet", "boolean", privileges.hardware],
  ["hotplug machine runningmachine scsihw smbios1 vga watchdog audio0 rng0", "string", privileges.hardware],
  ["cores sockets vcpus smp cpuunits", "integer", privileges.cpu],
  ["cpulimit", "number", privileges.cpu],
  ["numa", "boolean", privileges.cpu],
  ["cpu affinity", "string", privileges.cpu],
  ["memory hugepages", "string", privileges.memory],
  ["balloon shares", "integer", privileges.memory],
  ["boot bootdisk", "string", privileges.disk],
  ["vmstatestorage", "string", privileges.disk, true],
  ["cicustom cipassword citype ciuser nameserver searchdomain sshkeys", "string", privileges.cloudInit, true],
  ["ciupgrade", "boolean", privileges.cloudInit, true],
  ["freeze", "boolean", privileges.power],
  ["hookscript", "string", "root", true],
  ["lock", "string", "root", true],
  ["args arch vmgenid meta ivshmem parent runningcpu vmstate spice_enhancements", "string", "root"],
  ["snaptime", "integer", "root"],
];

const lxc: Row[] = [
  ["hostname", "string", privileges.network, true],
  ["nameserver searchdomain", "string", privileges.network],
  ["description tags startup hookscript", "string", privileges.general, true],
  ["onboot protection", "boolean", privileges.general, true],
  ["arch ostype cmode timezone features entrypoint env parent", "string", privileges.general],
  ["template console unprivileged debug", "boolean", privileges.general],
  ["tty snaptime", "integer", privileges.general],
  ["cores", "integer", privileges.cpu, true],
  ["cpuunits", "integer", privileges.cpu],
  ["cpulimit", "number", privileges.cpu],
  ["memory swap", "integer", privileges.memory],
  ["rootfs", "string", privileges.disk],
  ["lock", "string", "root", true],
];

/** Devices with a number. */
const numbered: Record<Kind, [pattern: RegExp, needs: Option["needs"], atOnce?: boolean][]> = {
  qemu: [
    [/^net([12]?\d|3[01])$/, privileges.network],
    [/^ipconfig([12]?\d|3[01])$/, privileges.cloudInit, true],
    [/^(ide[0-3]|sata[0-5]|scsi([12]?\d|30)|virtio(\d|1[0-5])|efidisk0|tpmstate0)$/, privileges.disk],
    [/^unused\d+$/, privileges.disk],
    [/^(serial[0-3]|parallel[0-2]|usb(\d|1[0-3])|hostpci(\d|1[0-5])|virtiofs\d)$/, privileges.hardware],
    [/^numa[0-7]$/, privileges.cpu],
  ],
  lxc: [
    [/^net([12]?\d|3[01])$/, privileges.network],
    [/^(mp|unused|dev)\d+$/, privileges.disk],
  ],
};

function tableOf(rows: Row[]): Map<string, Option> {
  return new Map(
    rows.flatMap(([names, type, needs, atOnce]) =>
      names
        .split(" ")
        .map((name): [string, Option] => [
          name,
          { type, needs, atOnce: atOnce ?? false, ...(name === "lock" ? { values: locks } : {}) },
        ]),
    ),
  );
}

const tables: Record<Kind, Map<string, Option>> = { qemu: tableOf(qemu), lxc: tableOf(lxc) };

/** The option of that name; undefined where PVE has none. */
export function optionOf(kind: Kind, name: string, lacking: readonly string[] = []): Option | undefined {
  if (lacking.includes(name)) return undefined;
  const known = tables[kind].get(name);
  if (known) return known;
  const device = numbered[kind].find(([pattern]) => pattern.test(name));
  return device && { type: "string", needs: device[1], atOnce: device[2] ?? false };
}

export const isNic = (name: string): boolean => /^net\d+$/.test(name);

/** What an old PVE does not know yet. */
export interface Lacking {
  /** Keys of a NIC. */
  nic?: readonly string[];
  /** Options of a guest. */
  options?: readonly string[];
}

/** The value as a configuration file holds it, by check_type of qemu-server; throws what PVE says of a wrong one. */
export function checkOption(kind: Kind, name: string, value: string, lacking: Lacking = {}): string {
  const option = optionOf(kind, name, lacking.options);
  if (!option) throw failed(`unknown setting '${name}'`);
  if (/[\n\r]/.test(value) && name !== "description") throw failed("property contains a line feed");
  if (option.type === "boolean") {
    const truth = booleanOf(value);
    if (truth === undefined) throw failed(`type check ('boolean') failed - got '${value}'`);
    return truth;
  }
  if (option.type === "integer") {
    if (!/^\d+$/.test(value)) throw failed(`type check ('integer') failed - got '${value}'`);
    return String(Number(value));
  }
  if (option.type === "number" && !/^\d+(\.\d+)?$/.test(value))
    throw failed(`type check ('number') failed - got '${value}'`);
  if (isNic(name)) parseProperties(nicFormat(kind, lacking.nic), value);
  return isNic(name) ? value : value.replace(/^"(.*)"$/, "$1");
}

/** What is wrong with a parameter of that name, as the API says it; undefined when nothing is. */
export function problemOf(
  kind: Kind,
  name: string,
  value: string,
  lacking: Lacking = {},
): string | undefined {
  const option = optionOf(kind, name, lacking.options);
  if (!option) return undefinedProperty;
  const wrong = `type check ('${option.type}') failed - got '${value}'`;
  if (option.type === "boolean" && value !== "0" && value !== "1") return wrong;
  if (option.type === "integer" && !isInteger(value)) return wrong;
  if (option.type === "number" && !isNumber(value)) return wrong;
  if (option.values && !option.values.includes(value))
    return `value '${value}' does not have a value in the enumeration '${option.values.join(", ")}'`;
  if (!isNic(name)) return undefined;
  try {
    parseProperties(nicFormat(kind, lacking.nic), value, name);
    return undefined;
  } catch (error) {
    if (!(error instanceof PveError)) throw error;
    return `invalid format - ${error.text}`;
  }
}

/** The value as JSON has it: whole numbers and flags are numbers. */
export function jsonOf(kind: Kind, name: string, value: string): string | number {
  const type = optionOf(kind, name)?.type;
  return (type === "boolean" || type === "integer") && /^\d+$/.test(value) ? Number(value) : value;
}
