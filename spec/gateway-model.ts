/** What serves as the gateway. */
export const GatewayProgram = {
  Nginx: "nginx",
  OpenResty: "openresty",
} as const;
export type GatewayProgram = (typeof GatewayProgram)[keyof typeof GatewayProgram];

/** On which nodes the gateway runs. */
export const GatewayRuns = {
  /** On all of them: the backup's is hot. */
  Both: "both",
  /** Where the node is master, and nowhere else. */
  Master: "master",
} as const;
export type GatewayRuns = (typeof GatewayRuns)[keyof typeof GatewayRuns];

/** Where the gateway takes connections. */
export const GatewayListenOn = {
  /** On every address of its node. */
  All: "all",
  /** On the virtual addresses, and on loopback, where the check asks. */
  Vip: "vip",
} as const;
export type GatewayListenOn = (typeof GatewayListenOn)[keyof typeof GatewayListenOn];

/** A server that the gateway passes requests to. */
export interface Upstream {
  address: string;
  port: number;
  weight: number;
  /** It gets requests only while none of the others answers. */
  backup: boolean;
}

/** A port that answers 200 where the node is master, and 503 elsewhere. */
export interface GatewayProbe {
  port: number;
  path: string;
}

/** nginx, or OpenResty, that serves behind the addresses of a cluster. */
export interface Gateway {
  program: GatewayProgram;
  /** Of a build of the user's own; absent: the package's. */
  prefix?: string;
  /** The whole nginx.conf; absent: made of what follows. */
  config?: string;
  /** TCP ports; the check asks the first. */
  listen: number[];
  listenOn: GatewayListenOn;
  /** Absent: any. */
  serverName?: string;
  upstreams: Upstream[];
  /** User that the workers run as; absent: as the program was built. */
  user?: string;
  /** Seconds. */
  connectTimeout: number;
  /** Seconds. */
  readTimeout: number;
  checkPath: string;
  runs: GatewayRuns;
  probe?: GatewayProbe;
  /** Action of the role behind which it starts; absent: before all of them. */
  after?: string;
}
