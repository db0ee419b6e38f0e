/** What a cluster is, without its nodes' connections. */
export interface Spec {
  cluster: Record<string, unknown>;
  /** Priority of the first node; the second one's is lower by 10. */
  priority: number;
  secrets: Record<string, string>;
  /** Addresses without prefix length. */
  vips: string[];
  virtualRouterId: number;
}

const VIP = "10.20.30.200";
const MORE_VIPS = ["10.20.30.201", "10.20.30.202"];

/** Every address that any of the specs has. */
export const allVips = [VIP, ...MORE_VIPS];

const check = (interval: number) => ({ trackScripts: [{ name: "alive", script: "/bin/true", interval }] });

const specOf = (cluster: Record<string, unknown>, rest: Partial<Spec> = {}): Spec => ({
  cluster: { advertInt: 0.2, ...check(2), ...cluster },
  priority: 100,
  secrets: {},
  vips: [VIP],
  virtualRouterId: 51,
  ...rest,
});

/** The specs between which the suite changes a cluster. Everything but `base` is one change away from it. */
export const changes = {
  base: specOf({}),
  "preempt-delay": specOf({ preemptDelay: 2 }),
  "check-interval": specOf(check(1)),
  priority: specOf({}, { priority: 110 }),
  "vip-added": specOf({}, { vips: [VIP, MORE_VIPS[0]!] }),
  "vips-added": specOf({}, { vips: [...MORE_VIPS, VIP] }),
  "advert-int": specOf({ advertInt: 0.3 }),
  "router-id": specOf({}, { virtualRouterId: 52 }),
  "version-2": specOf({ version: 2, advertInt: 1 }, { secrets: { authPass: "pass-two" } }),
} satisfies Record<string, Spec>;

export type ChangeName = keyof typeof changes;
export const changeNames = Object.keys(changes) as ChangeName[];
