import type { Rule } from "../rule";

/** Others on the segment. Virtual routers with other ids are nobody's business. */
export const FOREIGN_RULES: readonly Rule[] = [
  {
    id: "foreign-vrid",
    cause: "conf-foreign-vrid",
    confidence: "likely",
    when: ["want instance $instance * $vrid $device", "heard $address $vrid $version $priority ..."],
    unless: ["want peer * $address", "loaded * peer $address", "want source $address *"],
    says: [
      "$address, which is no node of $cluster, sends adverts with $instance's virtual router id $vrid (version $version, priority $priority)",
    ],
    explains: ["conf-auth", "conf-version", "conf-advert-int", "conf-vip-list"],
    fix: {
      repair: "spec",
      summary: "give $instance another virtualRouterId, or the stranger",
      commands: ["npx pulumi up"],
    },
  },
];
