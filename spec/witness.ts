import { roundTimeout } from "../simulate/votes";
import { canonical } from "./addresses";
import { WITNESS_CHECK } from "./names";
import { AgentCheck, CheckEffect, CheckKind, Witness } from "./model";
import { WitnessInput } from "./schema/witness";
import { parseEndpoint } from "./tunnel/endpoint";
import { TextError } from "./tunnel/network";
import { Draft, isKnown, UNKNOWN } from "./unknown";

/** Seconds for which a vote counts where the spec says nothing. */
const TTL = 10;

/** Port of etcd's clients. */
const PORT = 2379;

/** The check by which keepalived learns of a witness. */
export function checksOfWitness(witness: Witness | undefined): AgentCheck[] {
  if (witness === undefined) {
    return [];
  }
  const common = { name: WITNESS_CHECK, interval: 1, effect: CheckEffect.Fault };
  return witness.kind === "lease"
    ? [{ ...common, kind: "witness", timeout: roundTimeout(witness.ttl), fall: 1, rise: 1 }]
    : [
        {
          ...common,
          kind: CheckKind.Network,
          // Sooner than the other takes over: what is cut off has let go by then.
          timeout: 1,
          fall: 2,
          rise: 2,
          targets: [witness.target, "peer"],
          count: 1,
          minSuccesses: 1,
        },
      ];
}

/** Reads the client URL of an etcd member. */
export function parseWitnessUrl(
  text: string,
): { scheme: string; host: string; url: string } | { error: TextError } {
  const [, scheme = "", rest = ""] = /^(https?):\/\/(.*?)\/?$/.exec(text) ?? [];
  const bare = /^\[[^\]]*\]$/.test(rest) ? rest.slice(1, -1) : rest;
  const parsed = parseEndpoint(bare);
  if (scheme === "" || /[/?#@]/.test(rest) || "error" in parsed) {
    return {
      error: {
        allowed: "'http://HOST:PORT' or 'https://HOST:PORT'",
        fix: "give the client URL of a member, without a path, a user or a password",
      },
    };
  }
  const { host, family, port = PORT } = parsed.endpoint;
  return { scheme, host, url: `${scheme}://${family === 6 ? `[${host}]` : host}:${port}` };
}

/** A witness with its defaults. */
export function witnessWithDefaults(input: Draft<WitnessInput | undefined>): Draft<Witness | undefined> {
  if (!isKnown(input) || input === undefined) {
    return input;
  }
  const { endpoints, ping } = input;
  if (!isKnown(endpoints) || !isKnown(ping)) {
    return UNKNOWN;
  }
  if (ping !== undefined) {
    return { kind: "ping", target: canonical(ping) };
  }
  return {
    kind: "lease",
    endpoints: (endpoints ?? []).map((url) => (isKnown(url) ? urlText(url) : UNKNOWN)),
    ttl: input.ttl ?? TTL,
    caFile: input.caFile,
    certFile: input.certFile,
    keyFile: input.keyFile,
  };
}

function urlText(text: string): string {
  const parsed = parseWitnessUrl(text);
  return "url" in parsed ? parsed.url : text;
}
