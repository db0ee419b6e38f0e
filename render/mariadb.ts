import { HostPlan, MariadbAction } from "../spec";
import { plainFile, RenderedFile } from "./file";
import { fill } from "./template";

/** Both nodes count alike, whatever their order in the spec. */
function serverId({ serverId }: MariadbAction, { node, peers }: HostPlan): number {
  const names = [node, ...peers.map(({ name }) => name)].sort();
  return serverId + names.indexOf(node);
}

function peerOf({ name }: MariadbAction, { cluster, peers }: HostPlan): string {
  const [address] = peers.flatMap(({ addresses }) => addresses);
  if (address === undefined) {
    throw new Error(`cluster ${cluster}: the action ${name} has no address of the peer: give unicastSrcIp`);
  }
  return address;
}

/** What action-mariadb.sh is told. */
export function mariadbSettings(action: MariadbAction, plan: HostPlan) {
  const yesNo = (value: boolean) => (value ? "yes" : "no");
  return {
    port: action.port,
    service: action.service,
    config: action.configFile,
    "server-id": serverId(action, plan),
    bind: action.bindAddress,
    restart: yesNo(action.restart),
    peer: peerOf(action, plan),
    credentials: action.credentials,
    "replication-credentials": action.replicationCredentials ?? action.credentials,
    "on-divergence": action.onDivergence,
    "initial-copy": yesNo(action.initialCopy),
    "semi-sync": yesNo(action.semiSync),
    "semi-sync-timeout": action.semiSyncTimeout,
  };
}

/** What the server reads at its start. */
export function mariadbConfig(action: MariadbAction, plan: HostPlan): RenderedFile {
  return plainFile(
    action.configFile,
    fill("mariadb.cnf", { action, cluster: plan.cluster, serverId: serverId(action, plan) }),
  );
}
