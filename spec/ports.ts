import { OpenPort, Problem } from "./model";
import { OpenPortInput } from "./schema/ports";
import { parseSource } from "./source";
import { Draft, isKnown, UNKNOWN, Unknown } from "./unknown";

type PortsInput = Draft<OpenPortInput[] | undefined>;

/** Ports whose words the schema has accepted; UNKNOWN where it has not. */
export function portsOf(input: PortsInput): Draft<OpenPort[]> {
  const ports = (input ?? []) as Draft<OpenPortInput[]>;
  return isKnown(ports) ? ports.map((port) => (isKnown(port) ? portOf(port) : UNKNOWN)) : UNKNOWN;
}

function portOf({ protocol, port, from }: Exclude<Draft<OpenPortInput>, Unknown>): Draft<OpenPort> {
  if (typeof from !== "string") {
    return { protocol, port, from };
  }
  const parsed = parseSource(from);
  return { protocol, port, from: "source" in parsed ? parsed.source : UNKNOWN };
}

/** What is wrong with open ports beside their bounds: a firewall that is left alone, and what is said twice. */
export function portProblems(ports: Draft<OpenPort[]>, firewall: boolean | Unknown): Problem[] {
  if (!isKnown(ports)) {
    return [];
  }
  if (firewall === false && ports.length > 0) {
    return [
      {
        rule: "open-ports-without-firewall",
        severity: "error",
        path: "openPorts",
        value: `(list of ${ports.length})`,
        allowed: "none with firewall: false, which leaves the hosts' firewall alone",
        fix: "set firewall: true, or open the ports yourself and remove openPorts",
      },
    ];
  }
  const words = ports.map(portText);
  return words.flatMap((text, at) => {
    const first = text === undefined ? -1 : words.indexOf(text);
    return text === undefined || first === at
      ? []
      : [
          {
            rule: "duplicate-port",
            severity: "error" as const,
            path: `openPorts[${at}]`,
            value: text,
            allowed: `another one than openPorts[${first}]'s`,
            fix: "remove it",
          },
        ];
  });
}

/** A port in words; undefined where some of it is not known. */
function portText(open: Draft<OpenPort>): string | undefined {
  if (!isKnown(open)) {
    return undefined;
  }
  const { protocol, port, from } = open;
  if (!isKnown(protocol) || !isKnown(port) || !isKnown(from)) {
    return undefined;
  }
  return `${protocol} ${port} from ${from === undefined ? "everybody" : String(from.text)}`;
}
