import { z } from "zod";
import { SERVICE_NAME } from "../names";
import { ActionKind, OnDivergence } from "../role-model";
import { parseAddress } from "../addresses";
import { commonOfAction } from "./role-common";
import { field, flag, quoted, text, whole } from "./fields";

const path = () =>
  text(
    /^(\/[A-Za-z0-9_][A-Za-z0-9._@:+-]*){1,20}$/,
    "an absolute path of letters, digits, '.', '_', '-', '@', ':', '+' and '/'",
  );

/** A server of MariaDB on each of two nodes: writable on the master, its replica on the backup. */
export const mariadbAction = z.strictObject({
  ...commonOfAction(ActionKind.Mariadb),
  /** TCP port of the server, on both nodes, 1 to 65535. @default 3306 */
  port: whole(1, 65535).optional(),
  /** Unit of systemd, or script of /etc/init.d, of the server. @default mariadb */
  service: text(SERVICE_NAME, "the name of a unit or an init script, 1 to 100 characters").optional(),
  /** File that the server reads at its start, for what replication needs. @default /etc/mysql/mariadb.conf.d/zz-vrrp.cnf */
  configFile: text(
    /^(\/[A-Za-z0-9_][A-Za-z0-9._@:+-]*){2,20}\.cnf$/,
    "an absolute path that ends with '.cnf'",
  ).optional(),
  /** server_id of the node whose name comes first in the alphabet, the other's is one more: 1 to 4294967294. @default 10 */
  serverId: whole(1, 4294967294).optional(),
  /** Address that the server listens on: '*' or an IP address. @default * */
  bindAddress: field(
    z.string().refine((value) => value === "*" || parseAddress(value) !== undefined),
    "'*' or an IP address",
  ).optional(),
  /** Whether the server may be restarted when it lacks what it takes at its start only. @default true */
  restart: flag().optional(),
  /** Option file on the nodes by which the node's own server is asked. @default root, by the socket */
  credentials: path().optional(),
  /** Option file on the nodes by which the peer's server is asked, and replicated from. @default credentials */
  replicationCredentials: path().optional(),
  /** What becomes of a server that holds transactions which the master lacks; they are kept in a file in any case. @default keep */
  onDivergence: field(z.enum(OnDivergence), quoted(Object.values(OnDivergence))).optional(),
  /** Whether a server without any data becomes a copy of the master's. @default true */
  initialCopy: flag().optional(),
  /** Whether a write is told to be done only when the replica has it. @default false */
  semiSync: flag().optional(),
  /** semiSync: seconds after which a write is told to be done without a replica, 1 to 86400. @default never: writes wait */
  semiSyncTimeout: whole(1, 86400).optional(),
});
