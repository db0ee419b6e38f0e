import * as pulumi from "@pulumi/pulumi";

/** Who holds the addresses once everybody is healthy again. */
export enum Preemption {
  /** The node with the highest priority takes the addresses back, after `preemptDelay`. */
  PreferPrimary = "prefer-primary",
  /**
   * Whoever holds the addresses keeps them. All priorities are equal. Give it a check of the uplink that fails
   * within 3 s (kind network, interval 1): in a cut that leaves the carrier on both nodes hold, and afterwards the higher address
   * stays.
   */
  Sticky = "sticky",
}

/** An SSH host between this machine and the node (one hop). */
export interface ProxyConnectionArgs {
  /** Address or name of the host. */
  host: pulumi.Input<string>;
  /** TCP port of its SSH server, 1 to 65535. @default 22 */
  port?: pulumi.Input<number>;
  /** User to log in as. @default "root" */
  user?: pulumi.Input<string>;
  /** Private key in PEM or OpenSSH format. Always kept as a secret. */
  privateKey?: pulumi.Input<string>;
  /** Passphrase of the private key. Always kept as a secret. */
  privateKeyPassword?: pulumi.Input<string>;
  /** Password of the user. Always kept as a secret. */
  password?: pulumi.Input<string>;
  /** Use the keys of the SSH agent at SSH_AUTH_SOCK. @default false */
  agent?: pulumi.Input<boolean>;
  /** Use the keys of the SSH agent at this socket. */
  agentSocketPath?: pulumi.Input<string>;
  /** Public host key in authorized_keys format. @default the entry in ~/.ssh/known_hosts */
  hostKey?: pulumi.Input<string>;
  /** Accept any host key: anybody between here and there can then read and change everything. @default false */
  insecureHostKey?: pulumi.Input<boolean>;
}

/** How a node is reached over SSH. Give one of privateKey, password, agent, agentSocketPath. */
export interface ConnectionArgs extends ProxyConnectionArgs {
  /** Address or name of the node. Not a virtual address: that one moves. */
  host: pulumi.Input<string>;
  /** User to log in as; any other than root needs sudo without a password. @default "root" */
  user?: pulumi.Input<string>;
  /** An SSH host to go through (one hop). */
  proxy?: ProxyConnectionArgs;
}

/** A program whose exit status says whether a node may hold the addresses (`vrrp_script`). */
export interface TrackScriptArgs {
  /** Name of the check, unique in the cluster, 1 to 32 characters. */
  name: pulumi.Input<string>;
  /** Absolute path of a program that is on the node, and its arguments. */
  script: pulumi.Input<string>;
  /** Seconds between two runs, whole, 1 to 4294. @default 2 */
  interval?: pulumi.Input<number>;
  /** Seconds after which a run counts as failed, whole, 1 to 4294. @default the interval */
  timeout?: pulumi.Input<number>;
  /** Failures in a row that make the check fail, from 1. @default 2 */
  fall?: pulumi.Input<number>;
  /** Successes in a row that make the check pass, from 1. @default 2 */
  rise?: pulumi.Input<number>;
  /** Added to the priority (negative: while failing; positive: while passing), -253 to 253. @default 0: failing is FAULT */
  weight?: pulumi.Input<number>;
}

/**
 * What says which of two sites may hold when they do not hear each other: an etcd at a third place (`endpoints`), or an address
 * that answers pings (`ping`), which tells only a site that is wholly cut off.
 *
 * With etcd each of the two nodes has one vote, and so has etcd; who has two may hold, so that never both do. It needs
 * `preemption: "sticky"` and has everything that decides about a node said as `checks`. A node asks etcd once a second, by curl;
 * the key there has the names of cluster and nodes, so that one etcd serves many pairs. Beside the down timer a takeover from a
 * node that is silent takes about `ttl` and three seconds more.
 */
export interface WitnessArgs {
  /** Client URLs of the etcd's one or three members, `https://etcd.example.org:2379`; port 2379 where none is given. */
  endpoints?: pulumi.Input<pulumi.Input<string>[]>;
  /**
   * Whole seconds for which a vote counts, 5 to 60: longer bears a worse line, and lengthens a takeover. Under 9 etcd must
   * answer within 0.15 s, else within 0.4 s, connection and TLS included.
   * @default 10
   */
  ttl?: pulumi.Input<number>;
  /** Path on the nodes of the authority of the members' certificates. @default the system's */
  caFile?: pulumi.Input<string>;
  /** Path on the nodes of the certificate that a node shows, with keyFile. @default none */
  certFile?: pulumi.Input<string>;
  /** Path on the nodes of the key of certFile, for root alone. @default none */
  keyFile?: pulumi.Input<string>;
  /** In place of etcd: an IP address that answers pings wherever a site is not cut off. */
  ping?: pulumi.Input<string>;
}

/** A process whose presence says whether a node may hold the addresses (`vrrp_track_process`). */
export interface TrackProcessArgs {
  /** Name of the check, unique in the cluster, 1 to 32 characters. */
  name: pulumi.Input<string>;
  /** Name of the process, as in /proc/PID/comm or its argv[0]: one word. */
  process: pulumi.Input<string>;
  /** Added to the priority (negative: while absent; positive: while there), -254 to 254. @default 0: absence is FAULT */
  weight?: pulumi.Input<number>;
  /** Processes that must be there, 1 to 65535. @default 1 */
  quorum?: pulumi.Input<number>;
}

/** What a check tests. */
export enum CheckKind {
  /** A WireGuard tunnel. Has `interface`, `peers`, `maxHandshakeAge`, `uplink`. */
  Tunnel = "tunnel",
  /** Hosts that answer pings. Has `targets`, `count`, `minSuccesses`. */
  Network = "network",
  /** A TCP port that takes connections, asked by bash, or an nc that knows -z. Has `host`, `port`. */
  Tcp = "tcp",
  /** A URL, by GET with curl, without following redirects. Has `url`, `expectStatus`, `expectText`. */
  Http = "http",
  /** A process that runs: its name as the kernel has it, or the file name it was called by. Has `process`. */
  Process = "process",
  /** A file that is there, or is not. Has `path`, `present`, `maxAge`. */
  File = "file",
  /** A program, by its exit status: 0 passes, 126 and 127 say that the check is broken. Has `command`. */
  Command = "command",
}

/** What a failing check does to its node. */
export enum CheckEffect {
  /**
   * It gives the addresses to any node that is better off, while it still serves; where the check fails on all nodes, one
   * of them holds all the same. A weight of minus the largest gap between two nodes' priorities, minus 1. Not with
   * preemptDelay, which the other node would wait for.
   */
  Yield = "yield",
  /** It holds no address (FAULT); where the check fails on all nodes, nobody does. */
  Fault = "fault",
}

/**
 * A check that the agent makes on every node. It tells a check that fails from one that is broken (a tool or a program is
 * missing): that one goes on with the result that it had, passing at first. A line in the log, and in
 * /var/log/vrrp-agent/events.jsonl (not of a `command` with a `scriptUser` other than root), says when it fails, is broken,
 * or passes again, and one each 5 minutes that it still does.
 *
 * What can be seen of the *peer* never fails a check by itself, for when a node dies its peer would be put out, too.
 *
 * @example
 * checks: [
 *   { name: "uplink", kind: CheckKind.Network, interval: 1 },
 *   { name: "web", kind: CheckKind.Http, url: "http://127.0.0.1/health", effect: CheckEffect.Fault },
 * ]
 */
export interface CheckArgs {
  /** Name of the check, unique among all checks of the cluster, 1 to 32 characters; not "witness". */
  name: pulumi.Input<string>;
  /** What it tests; a property of another kind is refused. */
  kind: pulumi.Input<CheckKind>;
  /** Seconds between two runs, whole, 1 to 4294. @default 2 */
  interval?: pulumi.Input<number>;
  /** Seconds after which a run has failed, whole, 1 to 4294; what is tested has half a second less. @default the interval */
  timeout?: pulumi.Input<number>;
  /** Failures in a row that make the check fail, from 1. @default 2 */
  fall?: pulumi.Input<number>;
  /** Successes in a row that make the check pass again, from 1. @default 2 */
  rise?: pulumi.Input<number>;
  /** What a failing check does to its node. @default yield; with preemptDelay fault */
  effect?: pulumi.Input<CheckEffect>;
  /** tunnel: the WireGuard interface; the check fails while it is missing or down. @default the node's interface */
  interface?: pulumi.Input<string>;
  /**
   * tunnel: public keys of the peers that count, 1 to 16, of both ends where these are the nodes: each node looks at those
   * that its interface knows, and fails when it knows none. @default the only peer of the interface
   */
  peers?: pulumi.Input<string>[];
  /**
   * tunnel: seconds after which the last handshake is old, 180 to 86400 (in a healthy tunnel it gets 120 to 180 s old). An
   * old one, or none, fails the check only when no `uplink` answers, too. Of a peer without persistent keepalive it says
   * nothing unless packets were sent to it since it was last heard. @default 200
   */
  maxHandshakeAge?: pulumi.Input<number>;
  /** tunnel: what is pinged near the node, 1 to 16: "gateway" (that of the default route) and addresses. @default ["gateway"] */
  uplink?: pulumi.Input<string>[];
  /**
   * network: what is pinged, 1 to 16: "gateway" (that of the host's default route, looked up at each run; none, or one that
   * answers no pings, is silent), "peer" (any other node of the cluster) and addresses outside the cluster.
   * @default ["gateway", "peer"]
   */
  targets?: pulumi.Input<string>[];
  /** network: pings a target, 0.2 s apart, 1 to 5: it answers when one is answered. @default 1 */
  count?: pulumi.Input<number>;
  /**
   * network: targets that must answer, 1 to their number. With fewer the check fails, unless all that are silent are
   * "peer". @default 1
   */
  minSuccesses?: pulumi.Input<number>;
  /** tcp: name or address that is connected to, not one of the cluster's. */
  host?: pulumi.Input<string>;
  /** tcp: port, 1 to 65535. */
  port?: pulumi.Input<number>;
  /** http: what is asked for, http or https, up to 1000 characters; without a password, for it is no secret. */
  url?: pulumi.Input<string>;
  /** http: status of the answer, "200" or a range as "200-399". @default "200-399" */
  expectStatus?: pulumi.Input<string>;
  /** http: what the answer must hold, 1 to 200 characters of one line. @default anything */
  expectText?: pulumi.Input<string>;
  /** process: its name, as in /proc/PID/comm: one word. */
  process?: pulumi.Input<string>;
  /** file: its absolute path. */
  path?: pulumi.Input<string>;
  /** file: whether it must be there (true) or must not (false). @default true */
  present?: pulumi.Input<boolean>;
  /** file: seconds since it was last written after which it is too old, 1 to 31536000. @default any age */
  maxAge?: pulumi.Input<number>;
  /** command: absolute path of a program that is on the node, and its arguments; it runs as scriptUser. */
  command?: pulumi.Input<string>;
}

/** The part that a node plays. */
export enum RoleName {
  /** It holds all addresses of the cluster's own virtual router. */
  Master = "master",
  /** It does not. */
  Backup = "backup",
}

/** What an action is about. */
export enum ActionKind {
  /** A unit of systemd, a script of /etc/init.d, or your own commands. Has `service`, or `start`, `stop`, `status`, `reload`; `onMaster`, `onBackup`. */
  Service = "service",
  /** A file that is there in one role only, of cron mostly. Has `path`, `content`, `on`. */
  File = "file",
  /** Your own commands. Has `onMaster`, `onBackup`, `reached`. */
  Command = "command",
  /** A request to an HTTP server. Has `url`, `method`, `headers`, `secret`, `on`, `body`, `addresses`, `current`. */
  Webhook = "webhook",
  /** A mail. Has `from`, `to`, `server`, `startTls`, `username`, `password`, `on`. */
  Mail = "mail",
  /** A name in the DNS that has the master's addresses. Has `server`, `port`, `zone`, `record`, `ownerRecord`, `ttl`, `addresses`, `tsig`. */
  Dns = "dns",
  /**
   * A server of MariaDB on each of two nodes, which must be there, with accounts (docs/roles.md). Has `port`, `service`,
   * `configFile`, `serverId`, `bindAddress`, `restart`, `credentials`, `replicationCredentials`, `onDivergence`, `initialCopy`,
   * `semiSync`, `semiSyncTimeout`.
   */
  Mariadb = "mariadb",
}

/** How a webhook asks. */
export enum WebhookMethod {
  Post = "POST",
  Put = "PUT",
  Patch = "PATCH",
}

/** How an update of the DNS is signed. */
export enum TsigAlgorithm {
  Sha224 = "hmac-sha224",
  Sha256 = "hmac-sha256",
  Sha384 = "hmac-sha384",
  Sha512 = "hmac-sha512",
}

/** The key by which a DNS server knows who may update a zone. */
export interface TsigArgs {
  /** Its name there, up to 253 characters. */
  name: pulumi.Input<string>;
  /** @default hmac-sha256 */
  algorithm?: pulumi.Input<TsigAlgorithm>;
  /** The key in base64, up to 512 characters; secret. */
  secret: pulumi.Input<string>;
}

/** Mails that keepalived itself sends at each change of state: by each node, of each of its virtual routers. */
export interface SmtpAlertArgs {
  /** IP address of the mail server. keepalived asks it without TLS and without a password. */
  server: pulumi.Input<string>;
  /** Its port, 1 to 65535. @default 25 */
  port?: pulumi.Input<number>;
  /** Sender, up to 254 characters. */
  from: pulumi.Input<string>;
  /** Recipients, 1 to 20. */
  to: pulumi.Input<string>[];
  /** Seconds after which the server counts as away, whole, 1 to 60; such a mail is lost. @default 10 */
  connectTimeout?: pulumi.Input<number>;
}

/** What becomes of a database server that holds transactions which the master lacks; they are kept in a file in any case. */
export enum OnDivergence {
  /** It stays read-only and replicates nothing, until somebody has seen to it. */
  Keep = "keep",
  /** Exactly these are undone, where they are changes of rows only; else as keep. */
  Rewind = "rewind",
  /** It becomes a copy of the master's. */
  Reclone = "reclone",
}

/** What becomes of a promotion in which an action fails, all its tries included. A demotion does all actions, whatever fails. */
export enum OnFailure {
  /** Those behind it are not done; it is tried again every 30 s. */
  Stop = "stop",
  /** Those behind it are done all the same; it is tried again every 30 s. */
  Continue = "continue",
  /** The node gives the role back: it is drained until `vrrp-agent undrain`. Where no peer takes the addresses it keeps them. */
  Yield = "yield",
}

/**
 * One thing that a change of role does on a node. It is looked at every 30 s, and done again where somebody has changed it.
 * Where it leaves the spec, and with `pulumi destroy`, the host is as it was before.
 */
export interface RoleActionArgs {
  /** Name of the action, unique in the role, 1 to 32 characters. */
  name: pulumi.Input<string>;
  /** What it is about; a property of another kind is refused. */
  kind: pulumi.Input<ActionKind>;
  /** Seconds that one try may take, whole, 1 to 3600; what has not ended then is killed. @default 30; mariadb: 60 */
  timeout?: pulumi.Input<number>;
  /** Tries after the first, 1, 2, 4 ... 16 s apart: 0 to 20. @default 2 */
  retries?: pulumi.Input<number>;
  /** What becomes of a promotion in which it fails. @default webhook, mail, dns: continue; mariadb: yield; others: stop */
  onFailure?: pulumi.Input<OnFailure>;
  /** A promotion does it only once the node has been master for `settle` seconds. @default command, dns: true; others: false */
  settled?: pulumi.Input<boolean>;
  /**
   * service, mariadb (there `mariadb` by default): unit of systemd, `.service` where it has no suffix (`backup.timer`), or script of /etc/init.d. One that runs in
   * one role only starts nowhere else: not at a boot, and not with an update of its package. @default start, stop, status
   */
  service?: pulumi.Input<string>;
  /** service: command of sh that starts it, in place of `service`, up to 950 characters; no secret. */
  start?: pulumi.Input<string>;
  /** service: command that stops it. */
  stop?: pulumi.Input<string>;
  /** service: command that ends with 0 where it runs. */
  status?: pulumi.Input<string>;
  /** service: command that has it read its configuration anew. @default none: no `reload` */
  reload?: pulumi.Input<string>;
  /**
   * service: what is done where the node becomes master: start, stop, restart, reload, mask (stopped, and nobody can start it),
   * none. command: a command of sh, up to 950 characters, which is told VRRP_ROLE, VRRP_CLUSTER, VRRP_NODE, VRRP_ACTION.
   * @default service: start; command: nothing
   */
  onMaster?: pulumi.Input<string>;
  /** The same where it becomes backup. @default service: stop; command: nothing */
  onBackup?: pulumi.Input<string>;
  /** file: its absolute path, up to 255 characters. */
  path?: pulumi.Input<string>;
  /** file: its text, up to 65536 characters; no secret. @default that of the file that is there */
  content?: pulumi.Input<string>;
  /** file: the role in which it is there, master or backup. webhook, mail: which one it tells, or both. @default file: master; others: both */
  on?: pulumi.Input<string>;
  /** command: a command that ends with 0 where nothing is to be done in the role VRRP_ROLE. @default what was done in a role is done */
  reached?: pulumi.Input<string>;
  /** webhook: where it asks, `http://` or `https://`, up to 2000 characters; secret. No redirection is followed. */
  url?: pulumi.Input<string>;
  /** webhook: @default POST */
  method?: pulumi.Input<WebhookMethod>;
  /** webhook: headers of the request, name -> value of up to 4096 characters; the values are secret. @default Content-Type: application/json */
  headers?: Record<string, pulumi.Input<string>>;
  /** webhook: signs time and body, in the header X-Vrrp-Signature, 8 to 256 characters; secret. @default not signed */
  secret?: pulumi.Input<string>;
  /**
   * webhook: template of the body, 1 to 16384 characters, with `${id} ${role} ${from} ${node} ${cluster} ${time} ${address} ${cause}`.
   * What takes their place is escaped as the Content-Type wants it: JSON, a form, else plain. No secret. @default a JSON object with all of these
   */
  body?: pulumi.Input<string>;
  /**
   * dns: for each node, by its name, the 1 to 8 addresses that the record has while it is master, A and AAAA. webhook: what
   * `${address}` is there. @default webhook: the addresses that move
   */
  addresses?: Record<string, pulumi.Input<string>[]>;
  /** webhook: send it only while the node still has the role that it tells: where it changes something, as a DNS record does. @default false */
  current?: pulumi.Input<boolean>;
  /** mail: sender, up to 254 characters. */
  from?: pulumi.Input<string>;
  /** mail: recipients, 1 to 20. */
  to?: pulumi.Input<string>[];
  /** mail: `smtp://HOST:PORT` or `smtps://HOST:PORT`. dns: address or name of the zone's primary server. @default mail: sendmail of the node */
  server?: pulumi.Input<string>;
  /** mail: over smtp://, send nothing without TLS. @default true where there is a password */
  startTls?: pulumi.Input<boolean>;
  /** mail: name at the server, up to 256 characters without ':'. @default none */
  username?: pulumi.Input<string>;
  /** mail: its password, up to 256 characters; secret. */
  password?: pulumi.Input<string>;
  /** dns: zone that the server has, without a dot at its end. */
  zone?: pulumi.Input<string>;
  /** dns: full name, in the zone, whose A and AAAA records are the master's; what else they hold is replaced. */
  record?: pulumi.Input<string>;
  /** dns: full name of the TXT record that says whose these are; it must hold nothing else. @default _vrrp.RECORD */
  ownerRecord?: pulumi.Input<string>;
  /** dns: seconds for which resolvers may keep the records, whole, 1 to 86400. @default 30 */
  ttl?: pulumi.Input<number>;
  /** dns: the key by which the server knows the nodes. */
  tsig?: TsigArgs;
  /** dns: the server's port. mariadb: that of the server on both nodes. 1 to 65535. @default dns: 53; mariadb: 3306 */
  port?: pulumi.Input<number>;
  /** mariadb: file that the server reads at its start, ends with `.cnf`; its directory must be there. @default /etc/mysql/mariadb.conf.d/zz-vrrp.cnf */
  configFile?: pulumi.Input<string>;
  /** mariadb: server_id of the node whose name comes first in the alphabet; the other's is one more. 1 to 4294967294. @default 10 */
  serverId?: pulumi.Input<number>;
  /** mariadb: address that the server listens on, `*` for all: the peer and those who use the virtual address come there. @default * */
  bindAddress?: pulumi.Input<string>;
  /**
   * mariadb: whether the server may be restarted, once, when its role comes and it lacks what it takes at its start only (log_bin,
   * log_slave_updates, bind_address); stage says so before. Without, stage refuses such a host. @default true
   */
  restart?: pulumi.Input<boolean>;
  /** mariadb: path of an option file on the nodes by which the node's own server is asked. @default root, by the socket */
  credentials?: pulumi.Input<string>;
  /** mariadb: path of one by which the peer's server is asked and replicated from. @default credentials */
  replicationCredentials?: pulumi.Input<string>;
  /** mariadb: what becomes of a server that holds transactions which the master lacks. @default keep */
  onDivergence?: pulumi.Input<OnDivergence>;
  /** mariadb: whether a server without any data becomes a copy of the master's. @default true */
  initialCopy?: pulumi.Input<boolean>;
  /** mariadb: whether a write is told to be done only when the replica has it; without a replica, writes wait. @default false */
  semiSync?: pulumi.Input<boolean>;
  /** mariadb: seconds after which a write is told to be done without a replica, and may be lost, 1 to 86400. @default never */
  semiSyncTimeout?: pulumi.Input<number>;
  /**
   * command: a command that gets a master ready for a planned move (drain, switchover) and ends with 0 once the peer has all that it
   * needs; what fails keeps the addresses where they are. @default nothing
   */
  quiesce?: pulumi.Input<string>;
  /** command: what undoes `quiesce` where the move did not happen. @default nothing */
  resume?: pulumi.Input<string>;
}

/**
 * What the node that holds the addresses runs. A loop on each node brings it to the role that holds *now*, one action after the
 * other: in their order where the node becomes master, in reverse where it becomes backup. It goes by the addresses on the
 * interface, so that a role that changes again meanwhile, a crash and a reboot all end in the right one.
 *
 * @example
 * role: {
 *   actions: [
 *     { name: "web", kind: ActionKind.Service, service: "nginx" },
 *     { name: "backup", kind: ActionKind.File, path: "/etc/cron.d/backup" },
 *     { name: "tell", kind: ActionKind.Command, onMaster: "/usr/local/bin/tell", onFailure: OnFailure.Continue },
 *   ],
 * }
 */
export interface RoleArgs {
  /** Seconds for which a node must have been master before actions that are `settled` begin, whole, 0 to 300. @default 3 */
  settle?: pulumi.Input<number>;
  /** What there is to do, in the order of a promotion, 1 to 50. */
  actions: RoleActionArgs[];
}

/** What serves as the gateway. */
export enum GatewayProgram {
  Nginx = "nginx",
  OpenResty = "openresty",
}

/** On which nodes a gateway runs. */
export enum GatewayRuns {
  /** On all of them: the backup's is hot, and answers as soon as the addresses are there. */
  Both = "both",
  /** Where the node is master, and nowhere else, not even after a boot or a start by hand. */
  Master = "master",
}

/** Where a gateway takes connections. */
export enum GatewayListenOn {
  /** On every address of its node. */
  All = "all",
  /** On the virtual addresses, and on 127.0.0.1, where the check asks. Sets `nonlocalBind`. */
  Vip = "vip",
}

/** A server that the gateway passes requests to. */
export interface UpstreamArgs {
  /** IP address and TCP port: `10.0.0.11:8080`, `[2001:db8::11]:8080`, `127.0.0.1:8080` for one on the node. No name: nginx looks it up at its start only, and does not start without. */
  address: pulumi.Input<string>;
  /** Share of the requests that it gets, whole, 1 to 1000. @default 1 */
  weight?: pulumi.Input<number>;
  /** It gets requests only while none of the others answers. @default false */
  backup?: pulumi.Input<boolean>;
}

/** A port for health checks from outside, those of a DNS with a primary and a backup record: 200 on the master, 503 elsewhere. */
export interface GatewayProbeArgs {
  /** TCP port, 1 to 65535, that nothing else has. */
  port: pulumi.Input<number>;
  /** Path that answers. A probe that only connects needs `runs: "master"`. @default "/" */
  path?: pulumi.Input<string>;
}

/**
 * nginx, or OpenResty, that serves behind the addresses of a cluster. `nginx -t` tests its configuration before anything is in
 * force, a change is a reload, and what nginx refuses takes the whole change back.
 *
 * It brings a check, `gateway`: nginx runs, and answers with something else than 502, 503 and 504. Where it does not run it is
 * started anew, once a minute at most, and only when that does not help the addresses move. An answer that all nodes may give
 * alike moves nothing: the holder waits until the others would have seen it.
 *
 * @example
 * gateway: {
 *   upstreams: [{ address: "10.0.0.11:8080" }, { address: "10.0.0.12:8080", backup: true }],
 *   probe: { port: 8081 },
 * }
 */
export interface GatewayServiceArgs {
  /** What serves. @default nginx */
  program?: pulumi.Input<GatewayProgram>;
  /**
   * Directory of a build of your own, `/usr/local/nginx`: PREFIX/sbin/nginx is the program, PREFIX/conf/nginx.conf its file. It
   * gets a unit, vrrp-gateway-CLUSTER. @default the package's: /usr/sbin/nginx, or /usr/local/openresty/nginx
   */
  prefix?: pulumi.Input<string>;
  /**
   * The whole nginx.conf, up to 262144 characters; no secret. `listen` then says which ports it has, for the firewall and the
   * check. Relative includes are those of its directory. @default made of the properties below
   */
  config?: pulumi.Input<string>;
  /** TCP ports on which it serves HTTP, 1 to 16, which the hosts' firewall lets in; the check asks the first, on 127.0.0.1. @default [80] */
  listen?: pulumi.Input<number>[];
  /** Which addresses it listens on; not with `config`. @default all */
  listenOn?: pulumi.Input<GatewayListenOn>;
  /** Host name that it serves, and that the check asks for. @default any */
  serverName?: pulumi.Input<string>;
  /** Servers that requests are passed to, 1 to 100; needed without `config`. */
  upstreams?: UpstreamArgs[];
  /** User of nginx's workers; not with `config`. @default www-data with the package's nginx, else as it was built */
  user?: pulumi.Input<string>;
  /** Seconds in which an upstream must take a connection, before the next one is asked, 1 to 75 in steps of 0.001. @default 3 */
  connectTimeout?: pulumi.Input<number>;
  /** Seconds that an upstream may be silent before the next one is asked, 1 to 3600 in steps of 0.001. @default 60 */
  readTimeout?: pulumi.Input<number>;
  /** Path that the check asks for, up to 200 characters. @default "/" */
  checkPath?: pulumi.Input<string>;
  /** On which nodes it runs. @default both */
  runs?: pulumi.Input<GatewayRuns>;
  /** A port that answers 200 where the node is master. @default none */
  probe?: GatewayProbeArgs;
  /** Name of the action of `role` behind which it starts, with `runs: "master"`. @default before all of them */
  after?: pulumi.Input<string>;
}

/** By which interface and address a node tells the other one its connections. */
export interface ConnectionLinkArgs {
  /** Interface of the node, 1 to 15 characters. */
  interface: pulumi.Input<string>;
  /** Address of the node on it, IPv4 or IPv6, the same on both nodes. */
  address: pulumi.Input<string>;
}

/**
 * The connections that one node of two forwards are known to the other (conntrackd 1.4.5 or later), in its kernel, at all times: they
 * pass a stateful firewall and NAT there as soon as the addresses do. Those that end on a node itself (a proxy's, SSH) end with
 * it. Further virtual routers must be in the sync group. Nothing protects what goes over the link: give it a network of its own, or a tunnel.
 *
 * @example
 * connectionState: { links: { "gw-a": { interface: "eth2", address: "192.168.254.1" }, "gw-b": { interface: "eth2", address: "192.168.254.2" } } }
 */
export interface ConnectionStateArgs {
  /** UDP port by which the nodes tell each other, which their firewall opens for each other, 1 to 65535. @default 3780 */
  port?: pulumi.Input<number>;
  /** Name of a node -> its end of the link; both or none. @default interface and unicastSrcIp of the nodes */
  links?: Record<string, ConnectionLinkArgs>;
}

/** An interface, beside the one that carries the addresses, whose loss says that a node may not hold them (`track_interface`). */
export interface TrackInterfaceArgs {
  /** Name of the interface, 1 to 15 characters; it must exist on the node. Not the one that carries the addresses: that is tracked always. */
  interface: pulumi.Input<string>;
  /** Added to the priority (negative: while down or without carrier; positive: while up), -253 to 253. @default 0: down is FAULT */
  weight?: pulumi.Input<number>;
}

/**
 * A router that a node asks over BFD whether it is there (`bfd_instance`); the router must run BFD with each node. A loss
 * is seen after minRx times multiplier milliseconds. BFD opens UDP 3784 (multihop: 4784) of the host's firewall from and
 * to the neighbour. With weight 0 a node is in FAULT until the session is up, about 3 s after its start: so, once, is the
 * holder when a running pair gets one.
 */
export interface BfdArgs {
  /** Name of the session, unique in the cluster, 1 to 31 characters. */
  name: pulumi.Input<string>;
  /** Address of the router. Never a node of the cluster: BFD between the nodes speeds no takeover up. */
  neighborIp: pulumi.Input<string>;
  /** Address of the node that packets are sent from; only in a node's own list. @default the kernel's choice */
  sourceIp?: pulumi.Input<string>;
  /** Milliseconds between two packets that this node can receive, whole, 1 to 4294967; below 100 set `realtime`. @default 300 */
  minRx?: pulumi.Input<number>;
  /** Milliseconds between two packets that this node would send, whole, 1 to 4294967. @default 300 */
  minTx?: pulumi.Input<number>;
  /** The same while the session is not up, 1000 to 4294967. @default 1000 */
  idleTx?: pulumi.Input<number>;
  /** Packets in a row whose loss ends the session, 1 to 255. @default 3 */
  multiplier?: pulumi.Input<number>;
  /** Routers between the node and the neighbour, 0 to 254. @default 0 */
  maxHops?: pulumi.Input<number>;
  /** Use the port of RFC 5883, 4784, instead of 3784; needs keepalived 2.2.8. @default false */
  multihop?: pulumi.Input<boolean>;
  /** Wait for the neighbour to begin. @default false */
  passive?: pulumi.Input<boolean>;
  /**
   * Added to the priority (negative: while down; positive: while up), -253 to 253. With 0 a router that is gone takes the
   * addresses from all nodes; with less (sticky: -1) from none.
   * @default 0: down is FAULT
   */
  weight?: pulumi.Input<number>;
}

/**
 * How the kernel schedules keepalived's VRRP process, and its BFD process where there is one. In a container without
 * CAP_SYS_RESOURCE each change then restarts keepalived, after a drain, for it would not survive a reload.
 */
export interface RealtimeArgs {
  /** Priority among real-time processes, SCHED_RR (`vrrp_rt_priority`), 1 to 99. */
  priority: pulumi.Input<number>;
  /** Numbers of the CPUs that it may run on, 0 to 1023 (`vrrp_cpu_affinity`); needs keepalived 2.0.17. @default all */
  cpuAffinity?: pulumi.Input<number>[];
  /**
   * Microseconds that it may compute without waiting before the kernel kills it (`vrrp_rlimit_rttime`), 2 to 4294967295;
   * needs keepalived 2.1.0. @default 500000, where the host's keepalived knows it; keepalived's own 10000 is soon reached
   */
  rlimitRttime?: pulumi.Input<number>;
  /** Keep its memory from being swapped out (`vrrp_no_swap`). @default false */
  noSwap?: pulumi.Input<boolean>;
}

/**
 * Options of keepalived's timing and of what it trusts. One that the keepalived of a host is too old for is refused
 * before anything is in force there.
 */
export interface OptionArgs {
  /** FAULT while the address that VRRP is sent from is not on the interface (`track_src_ip`). @default false */
  trackSrcIp?: pulumi.Input<boolean>;
  /** TTL, over IPv6 hop limit, of the adverts to the peers (`unicast_ttl`), 1 to 255; needs keepalived 2.1.0; not with multicast. @default 255, over IPv6 the kernel's, mostly 64 */
  unicastTtl?: pulumi.Input<number>;
  /** Adverts that arrive with a lower TTL or hop limit are dropped (`min_ttl`), 1 to 255: with 255 whatever was routed; needs keepalived 2.1.0; not with multicast. @default none are */
  minTtl?: pulumi.Input<number>;
  /** Adverts that must be missed before a backup takes over (`down_timer_adverts`), 1 to 100, the same on all nodes; needs keepalived 2.2.3. @default 3, as both RFCs fix it */
  downTimerAdverts?: pulumi.Input<number>;
  /** Seconds between two gratuitous ARP messages on one interface (`vrrp_garp_interval`), 0.001 to 1 in steps of 0.001. @default no pause */
  garpInterval?: pulumi.Input<number>;
  /** The same of unsolicited neighbour advertisements, for IPv6 (`vrrp_gna_interval`). @default no pause */
  gnaInterval?: pulumi.Input<number>;
  /** Real-time scheduling, for pairs that take over within 0.3 s. @default none */
  realtime?: RealtimeArgs;
}

/** A port of the hosts that their own firewall lets in. */
export interface OpenPortArgs {
  /** Protocol: tcp or udp. */
  protocol: pulumi.Input<string>;
  /** Port, 1 to 65535. */
  port: pulumi.Input<number>;
  /** Address or network that is let in: `192.168.1.9`, `192.168.1.0/24`, `2001:db8::/32`. @default everybody, over IPv4 and IPv6 */
  from?: pulumi.Input<string>;
}

/** How an instance tells others of its state: neighbours by gratuitous ARP (IPv6: unsolicited NA), its host by programs. */
export interface AnnouncementArgs {
  /** Seconds after a takeover until the addresses are announced for the second time (`garp_master_delay`), whole, 0 to 4294; 0: once only. @default 5 */
  garpMasterDelay?: pulumi.Input<number>;
  /** Announcements in a row after a takeover, each time (`garp_master_repeat`), 1 to 4294967295; thousands keep keepalived from its adverts. @default 5 */
  garpMasterRepeat?: pulumi.Input<number>;
  /** Seconds between two announcements of a holder (`garp_master_refresh`), whole, 0 to 4294967295; 0: none. Neighbours need them after a healed cut. @default 5 */
  garpMasterRefresh?: pulumi.Input<number>;
  /** Announcements in a row at each refresh (`garp_master_refresh_repeat`), 1 to 4294967295. @default 1 */
  garpMasterRefreshRepeat?: pulumi.Input<number>;
  /** Announcements in a row of a holder that hears a lower priority (`garp_lower_prio_repeat`), 0 to 2147483647. @default 5 */
  garpLowerPrioRepeat?: pulumi.Input<number>;
  /** Seconds until it announces them once more then (`garp_lower_prio_delay`), whole, 0 to 4294; 0: not again. @default garpMasterDelay */
  garpLowerPrioDelay?: pulumi.Input<number>;
  /**
   * Absolute path of a program on the node, and its arguments: started as scriptUser when the node takes the addresses
   * (`notify_master`), at most 950 bytes without ", \\, $_ and ${. Each virtual router (IPv4, IPv6) starts it for itself.
   * keepalived waits for none of these programs and promises no order: a former one may still run, or end later.
   * @default none
   */
  notifyMaster?: pulumi.Input<string>;
  /** The same when the node becomes backup, also at its start (`notify_backup`). @default none */
  notifyBackup?: pulumi.Input<string>;
  /** The same when the node may not hold the addresses: a check or its interface fails (`notify_fault`). @default none */
  notifyFault?: pulumi.Input<string>;
}

/**
 * keepalived built on the hosts from a tarball that you have chosen, in place of the distribution's, which need not be there
 * then. Its sha256 is looked at before anything is unpacked. A build is made once and stays on the host as long as the host
 * can go back to it; what it takes to build (a compiler, headers) is installed where it is missing, and goes with `destroy`.
 * To change from one to another, or back to the distribution's, moves the addresses for a moment: a node hands them over
 * before it starts the other one. Needs systemd on the host.
 *
 * @example
 * keepalivedSource: {
 *   url: "https://www.keepalived.org/software/keepalived-2.3.4.tar.gz",
 *   sha256: "...", // of the tarball, by sha256sum
 *   version: "2.3.4",
 * }
 */
export interface KeepalivedSourceArgs {
  /** Where each host finds the tarball of a release: https://, http://, or file:// for a path on the host itself; no password in it. */
  url: pulumi.Input<string>;
  /** sha256 of the tarball: 64 digits from 0 to 9 and a to f. */
  sha256: pulumi.Input<string>;
  /** Version that the tarball builds, 2.0.5 or newer; what was built is asked for it. */
  version: pulumi.Input<string>;
  /**
   * Directory below which each build has one of its own, VERSION-DIGEST: two or more deep, outside those of the distribution.
   * @default "/opt/keepalived"
   */
  prefix?: pulumi.Input<string>;
  /**
   * Further options of its `configure`, up to 50: --enable-X, --disable-X, --with-X, --without-X, CFLAGS=... without blanks. BFD
   * is built in unless --disable-bfd says otherwise. @default none
   */
  configureOptions?: pulumi.Input<string>[];
}

/** What the nodes run on. */
export enum HypervisorKind {
  /** Proxmox VE, virtual machines and containers. */
  Pve = "pve",
  /** VMware ESXi, standard switches. */
  Esxi = "esxi",
}

/** How a Proxmox VE is reached: `connection`, or `endpoint` and `token`. One node of its cluster is enough. */
export interface HypervisorAccessArgs {
  /** A node of Proxmox VE, or the ESXi host, over SSH: the hypervisor, not the guest. */
  connection?: ConnectionArgs;
  /** Address of a node's API: `https://pve1.example.org:8006`. */
  endpoint?: pulumi.Input<string>;
  /**
   * API token, USER@REALM!ID=UUID; it, and its user, need VM.Audit and VM.Config.Network on the guests, SDN.Use on their bridges and
   * Sys.Audit on / and the nodes. Always kept as a secret.
   */
  token?: pulumi.Input<string>;
  /** Authority of the API's certificate, in PEM: a node's /etc/pve/pve-root-ca.pem. @default those that Node.js knows */
  caCertificate?: pulumi.Input<string>;
  /** Accept any certificate: anybody between here and there can then use the token. @default false */
  insecure?: pulumi.Input<boolean>;
}

/** What a guest's NIC may do. Each word is left alone where it is not said. */
export interface NicWordArgs {
  /**
   * Whether the NIC goes through the filter of Proxmox VE (its `firewall` key; every other key stays): false switches it off
   * for all traffic of that NIC. A running guest's NIC is plugged anew for it. Not on ESXi.
   * @default as it is
   */
  firewall?: pulumi.Input<boolean>;
  /** The NIC gets frames for other MACs than its own. Proxmox VE needs nothing for it but on bridges that do not learn. @default as it is */
  promiscuous?: pulumi.Input<boolean>;
  /** The guest may use another MAC than its NIC's; in Proxmox VE one switch with forgedTransmits, the guest's `macfilter`. @default as it is */
  macChanges?: pulumi.Input<boolean>;
  /** The guest may send from another MAC than its NIC's. @default as it is */
  forgedTransmits?: pulumi.Input<boolean>;
}

/**
 * What the nodes run on. What the pair needs is let through where it is dropped, and no more: in Proxmox VE a rule for
 * protocol 112 from the peer where a guest's firewall is in force, the addresses in `ipfilter-netN` where ipfilter is; on ESXi
 * nothing. It is done before the pair's own change; what is narrowed comes after it. The words are for what you want beside that.
 * What is there is known by the pair's name: pairs that share a guest need names of their own. Without `hypervisor`, or a node's
 * `guest`, all of it goes, also from a pair that stays: where its guests are filtered add rules of your own first.
 *
 * @example
 * hypervisor: { kind: HypervisorKind.Pve, connection: { host: "pve1.example.org", privateKey } },
 * nodes: [{ name: "gw-a", guest: { id: 101 }, ... }, { name: "gw-b", guest: { id: 102 }, ... }]
 */
export interface HypervisorArgs extends HypervisorAccessArgs, NicWordArgs {
  /** Which one: pve or esxi. */
  kind: HypervisorKind;
}

/** The guest that a node is. With a way of its own it is in another Proxmox VE, or on another ESXi host, than `hypervisor` names. */
export interface GuestArgs extends HypervisorAccessArgs {
  /** VMID of the virtual machine or container in Proxmox VE, 100 to 999999999: on whichever of its nodes it is. */
  id?: pulumi.Input<number>;
  /** Its NIC that the node's `interface` is, net0 to net31, in Proxmox VE. @default "net0" */
  nic?: pulumi.Input<string>;
  /** Port group that this NIC is in, on ESXi, 1 to 80 characters. */
  portGroup?: pulumi.Input<string>;
}

/** One machine of the cluster. */
export interface NodeArgs {
  /** Name of the node, unique in the cluster, 1 to 63 characters; part of resource names. */
  name: string;
  /** How it is reached over SSH. */
  connection: ConnectionArgs;
  /** Interface that carries the virtual addresses and VRRP, 1 to 15 characters. */
  interface: pulumi.Input<string>;
  /** Address on that interface from which VRRP is sent: IPv4, or IPv6 where all virtual addresses are. */
  unicastSrcIp: pulumi.Input<string>;
  /** IPv6 address on that interface from which VRRP is sent; needed with IPv6 virtual addresses unless unicastSrcIp is IPv6. */
  unicastSrcIp6?: pulumi.Input<string>;
  /** Source of multicast adverts; not used without `multicast`. @default unicastSrcIp */
  mcastSrcIp?: pulumi.Input<string>;
  /** VRRP priority, 1 to 254: the highest holds the addresses. @default 100, 90, 80 ... in the nodes' order; sticky: 100 */
  priority?: pulumi.Input<number>;
  /** keepalived's router_id, 1 to 63 characters. @default the node's name */
  routerId?: pulumi.Input<string>;
  /** Interfaces of this node that decide whether it may hold the addresses. @default the cluster's */
  trackInterfaces?: TrackInterfaceArgs[];
  /** Routers that this node watches over BFD. @default the cluster's */
  bfd?: BfdArgs[];
  /** A tarball that this node's keepalived is built from. @default the cluster's */
  keepalivedSource?: KeepalivedSourceArgs;
  /** The guest of `hypervisor` that this node is. @default a machine of its own */
  guest?: GuestArgs;
}

/** What one node does otherwise for a further virtual router. */
export interface RouterNodeArgs {
  /** Name of the node. */
  name: string;
  /** Interface that carries these addresses and their VRRP; where it is another one than the node's, the node's addresses are not meant: give unicastSrcIp. It is watched by itself, whatever trackInterfaces says of it. @default the node's */
  interface?: pulumi.Input<string>;
  /** Address on that interface from which VRRP is sent. @default the node's */
  unicastSrcIp?: pulumi.Input<string>;
  /** The same for IPv6 virtual addresses, where unicastSrcIp is IPv4. @default the node's */
  unicastSrcIp6?: pulumi.Input<string>;
  /** Source of multicast adverts. @default the node's */
  mcastSrcIp?: pulumi.Input<string>;
  /** VRRP priority, 1 to 254; not beside `primary`. @default the node's, or by `primary` */
  priority?: pulumi.Input<number>;
}

/**
 * A further virtual router on the nodes of a cluster: addresses of their own with an id of their own. Checks, timers,
 * preemption, password and a drain are the cluster's.
 */
export interface VirtualRouterArgs {
  /** Its name, unique in the cluster, 1 to 20 characters: its instance is CLUSTER-NAME. */
  name: string;
  /** VRRP virtual router id, 1 to 255, of its own on the interface. */
  virtualRouterId: pulumi.Input<number>;
  /** The addresses that move with it, as `virtualIpAddresses` of the cluster. */
  virtualIpAddresses: pulumi.Input<string>[];
  /**
   * Node that holds these addresses while all are healthy: it gets the highest of the nodes' priorities, the others follow
   * in their order. Not with sticky. @default the node that holds the cluster's own
   */
  primary?: pulumi.Input<string>;
  /** One sync group with the cluster's own virtual router: all their addresses move together, to no node that has lost one of its interfaces. @default false */
  syncGroup?: pulumi.Input<boolean>;
  /** Nodes on which something differs. @default none */
  nodes?: RouterNodeArgs[];
}
