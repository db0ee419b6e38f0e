import type { Cause } from "../../causes";
import type { Rule } from "../rule";

const DISCARDS: readonly (readonly [Cause, keys: string, what: string])[] = [
  ["conf-auth", "auth-mismatch|auth-invalid|auth-failed", "authentication"],
  ["conf-advert-int", "advert-interval", "advert interval"],
  ["conf-version", "version", "version of VRRP"],
  ["conf-vip-list", "address-list", "virtual addresses"],
];

/** What one host can guess of the other nodes. Where these are asked, they say so themselves. */
export const ALONE_RULES: readonly Rule[] = [
  ...DISCARDS.map(([cause, keys, what]): Rule => ({
    id: `alone-${cause}`,
    cause,
    confidence: "possible",
    alone: true,
    when: [`discard $instance $key:${keys} $count:>0`],
    says: [`$instance discarded $count adverts that came: their ${what} is another (${"$"}key)`],
    ruledOut: [{ cause: "net-partition", because: "adverts come" }],
    fix: {
      repair: "spec",
      summary: `compare the ${what} of all nodes, and apply the spec again where it differs`,
      commands: ["npx pulumi-keepalived doctor"],
    },
  })),
  {
    id: "alone-rejected",
    cause: "fw-reject",
    at: "$peer",
    confidence: "likely",
    alone: true,
    when: ["unreachable $peer $address $count:>0"],
    says: ["$peer answered $count times that it does not take VRRP's protocol"],
    ruledOut: [{ cause: "hv-filter", because: "the adverts reach $peer" }],
    fix: {
      repair: "human",
      summary: "put the rules of the spec into the firewall of $peer again",
      commands: ["vrrp-agent repair $cluster firewall"],
    },
  },
  {
    id: "alone-silent",
    cause: "node-unreachable",
    at: "$peer",
    confidence: "possible",
    alone: true,
    when: ["frames $peer $address 0", "echo $peer $address no ..."],
    unless: ["frames $peer * >0", "echo $peer * yes ...", "came $peer * * * >0 * *", "link * down ..."],
    says: ["nothing at all came from $peer ($address), which does not answer to a ping either"],
    fix: {
      repair: "human",
      summary: "see whether $peer is up, and what is between it and $node",
      commands: ["npx pulumi-keepalived doctor"],
    },
  },
];
