import {
  PolicyResource,
  ResourceValidation,
  ResourceValidationArgs,
  unknownCheckingProxy,
} from "@pulumi/policy";
import { policies } from "../../../policies/policies";
import { HA_PAIR, KEEPALIVED_INSTANCE, WIREGUARD_TUNNEL } from "../../../policies/resources";
import { clusterInput } from "../spec/cluster-input";

export type Props = Record<string, unknown>;

/** What preview puts in place of a string that is not known yet. */
export const UNKNOWN_STRING = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";
export const UNKNOWN_NUMBER = "3eeb2bf0-c639-47a8-9e75-3b44932eb421";
export const UNKNOWN_ARRAY = "6a19a0b0-7e62-4c92-b797-7f8e31da9cc2";
export const UNKNOWN_OBJECT = "dd056dcd-154b-4c76-9bd3-c8f88648b5ff";

/** The inputs of a compliant HaPair; `change` replaces what a case is about. */
export const pairProps = clusterInput;

/** The inputs of one of two compliant KeepalivedInstances: node N of 192.168.1.0/24. */
export function instanceProps(own: number, peer: number, change: Props = {}): Props {
  return {
    connection: { host: `10.0.0.${own}`, privateKey: "KEY-OF-THE-NODE", insecureHostKey: true },
    cluster: `gw-${own}`,
    node: `gw-${own}`,
    interface: "eth0",
    virtualRouterId: 51,
    priority: 110 - own,
    unicastSrcIp: `192.168.1.${own}`,
    unicastPeers: [`192.168.1.${peer}`],
    virtualIpAddresses: ["192.168.1.1/24"],
    ...change,
  };
}

function seen(type: string, name: string, props: Props) {
  return {
    type,
    name,
    urn: `urn:pulumi:test::test::${type}::${name}`,
    // @pulumi/policy exports it without its type.
    props: (unknownCheckingProxy as (props: Props) => Props)(props),
    getConfig: () => ({}),
  };
}

export interface Violation {
  policy: string;
  message: string;
  urn?: string;
}

function runResource(type: string, name: string, props: Props): Violation[] {
  return policies.flatMap((policy) => {
    const found: Violation[] = [];
    if ("validateResource" in policy) {
      const validate = policy.validateResource as ResourceValidation;
      void validate(seen(type, name, props) as unknown as ResourceValidationArgs, (message, urn) =>
        found.push({ policy: policy.name, message, urn }),
      );
    }
    return found;
  });
}

/** What the whole pack says of a HaPair. */
export const judgePair = (props: Props) => runResource(HA_PAIR, "gw", props);

/** What the whole pack says of a WireGuardTunnel. */
export const judgeTunnel = (props: Props) => runResource(WIREGUARD_TUNNEL, "sites", props);

/** What the resource policies of the pack say of a KeepalivedInstance. */
export const judgeInstance = (props: Props) => runResource(KEEPALIVED_INSTANCE, "gw-2", props);

/** What the stack policies of the pack say of KeepalivedInstances, named as their nodes. */
export function judgeStack(instances: Props[], others: { type: string; props: Props }[] = []): Violation[] {
  const resources = [
    ...instances.map((props, i) =>
      seen(KEEPALIVED_INSTANCE, typeof props.node === "string" ? props.node : `i${i}`, props),
    ),
    ...others.map(({ type, props }) => seen(type, "other", props)),
  ] as unknown as PolicyResource[];
  return policies.flatMap((policy) => {
    const found: Violation[] = [];
    if ("validateStack" in policy) {
      void policy.validateStack(
        {
          resources,
          stackTags: new Map(),
          getConfig: () => ({}) as never,
          notApplicable: () => undefined as never,
        },
        (message, urn) => found.push({ policy: policy.name, message, urn }),
      );
    }
    return found;
  });
}

/** A resource of somebody else's. */
export interface Foreign {
  type: string;
  name: string;
  props: Props;
  /** Type of the component that it belongs to. */
  parent?: string;
  propertyDependencies?: Record<string, { urn: string }[]>;
}

/** What the policies over keepalived.conf texts say of a stack; `config`: what an operator sets for all of them. */
export function judgeConf(foreign: Foreign[], config: Props = {}): Promise<Violation[]> {
  return judgeForeign((name) => name.endsWith("-in-conf"), foreign, config);
}

/** What the policies over guests of Proxmox VE say of a stack. */
export function judgePve(foreign: Foreign[]): Promise<Violation[]> {
  return judgeForeign((name) => name.startsWith("pve-"), foreign, {});
}

async function judgeForeign(
  isWanted: (name: string) => boolean,
  foreign: Foreign[],
  config: Props,
): Promise<Violation[]> {
  const resources = foreign.map(({ type, name, props, parent = "", propertyDependencies = {} }) => ({
    ...seen(type, name, props),
    propertyDependencies,
    urn: `urn:pulumi:test::test::${parent === "" ? "" : `${parent}$`}${type}::${name}`,
    getConfig: () => config,
  }));
  const found: Violation[] = [];
  for (const policy of policies.filter(({ name }) => isWanted(name))) {
    const report = (urn?: string) => (message: string, at?: string) =>
      found.push({ policy: policy.name, message, urn: at ?? urn });
    if ("validateResource" in policy) {
      for (const resource of resources) {
        const validate = policy.validateResource as ResourceValidation;
        await validate(resource as unknown as ResourceValidationArgs, report(resource.urn));
      }
    }
    if ("validateStack" in policy) {
      await policy.validateStack(
        {
          resources: resources as unknown as PolicyResource[],
          stackTags: new Map(),
          getConfig: () => config as never,
          notApplicable: () => undefined as never,
        },
        report(),
      );
    }
  }
  return found;
}
