import { resolveConnection } from "./connection";
import { SpecContext } from "./context";
import { HypervisorKind } from "./hypervisor-model";
import { Problem } from "./model";
import { Path, pathText } from "./path";
import { HypervisorInput } from "./schema/hypervisor";
import { Draft, Unknown } from "./unknown";

type AccessKey = "connection" | "endpoint" | "token" | "caCertificate" | "insecure";

/** How a hypervisor is reached. */
export type Access = { [K in AccessKey]?: Exclude<Draft<HypervisorInput>, Unknown>[K] };

const ACCESS: readonly AccessKey[] = ["connection", "endpoint", "token", "caCertificate", "insecure"];

export function problem(rule: string, path: Path, value: string, allowed: string, fix: string): Problem {
  return { rule, severity: "error", path: pathText(path), value, allowed, fix };
}

/** Whether anything is said of how it is reached. */
export const hasAccess = (input: Access) => ACCESS.some((key) => input[key] !== undefined);

/** Exactly one way, and nothing beside it that belongs to the other. */
export function accessProblems(
  input: Access,
  kind: HypervisorKind | Unknown,
  path: Path,
  context: SpecContext,
): Problem[] {
  const { connection, endpoint, token, caCertificate, insecure } = input;
  if (kind === HypervisorKind.Esxi) {
    const other = ACCESS.filter((key) => key !== "connection" && input[key] !== undefined);
    const wrong = other.map((key) =>
      problem(
        "hypervisor-access",
        [...path, key],
        key,
        "nothing: ESXi is reached over SSH",
        "give connection",
      ),
    );
    if (wrong.length > 0 || connection === undefined) {
      return wrong.length > 0 ? wrong : [missing(path, "connection: the ESXi host, over SSH as root")];
    }
  } else if (connection !== undefined) {
    const beside = (["endpoint", "token", "caCertificate", "insecure"] as const).filter(
      (key) => input[key] !== undefined,
    );
    if (beside.length > 0) {
      return beside.map((key) =>
        problem(
          "hypervisor-access",
          [...path, key],
          key,
          "nothing beside connection",
          "keep connection (SSH to a node), or endpoint and token (its API)",
        ),
      );
    }
  } else if (endpoint === undefined || token === undefined) {
    const lacks =
      endpoint === undefined && token === undefined ? "connection, or endpoint and token" : undefined;
    return [
      missing(path, lacks ?? (token === undefined ? "token, beside endpoint" : "endpoint, beside token")),
    ];
  } else if (caCertificate !== undefined && insecure === true) {
    return [
      problem(
        "hypervisor-access",
        [...path, "insecure"],
        "true",
        "false where caCertificate is given",
        "remove insecure: the certificate is checked then",
      ),
    ];
  }
  if (connection === undefined) return [];
  return resolveConnection(connection, context, [...path, "connection"]).problems;
}

function missing(path: Path, allowed: string): Problem {
  return problem("hypervisor-access", path, "(missing)", allowed, `give ${allowed}`);
}
