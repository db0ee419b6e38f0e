/** Name of a Linux interface: 1 to 15 characters. */
export const INTERFACE_NAME = /^[A-Za-z0-9][A-Za-z0-9._+-]{0,14}$/;

/** Name of a cluster: part of file names, nftables comments and instance names. */
export const CLUSTER_NAME = /^[A-Za-z0-9][A-Za-z0-9_-]{0,39}$/;

/** Name of a further virtual router of a cluster. "6" is what the second family of a router is called. */
export const ROUTER_NAME = /^(?!6$)(?!.*-6$)[A-Za-z0-9][A-Za-z0-9_-]{0,19}$/;

/** Name of a node, and a router_id: one word. */
export const NODE_NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/;

/** Name of a check. */
export const CHECK_NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,31}$/;

/** Name of the check by which keepalived learns of the witness; no check of a user's has it. */
export const WITNESS_CHECK = "witness";

/** Name of the check and of the action that a gateway brings. */
export const GATEWAY = "gateway";

/** Name and kind of the action that connection states bring. */
export const CONNTRACK = "conntrack";

/** Name of an action of a role: part of file names. */
export const ACTION_NAME = /^[A-Za-z0-9][A-Za-z0-9_-]{0,31}$/;

/** A name in the DNS, without a dot at its end. */
export const DNS_NAME =
  /^(?=.{1,253}$)[A-Za-z0-9_]([A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?(\.[A-Za-z0-9_]([A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?)*$/;

/** A mail address that needs no quotes anywhere. */
export const MAIL_ADDRESS =
  /^(?=.{3,254}$)[A-Za-z0-9][A-Za-z0-9._+=-]{0,63}@[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?$/;

/** The same, or a user of the host. */
export const MAIL_RECIPIENT =
  /^(?=.{1,254}$)[A-Za-z0-9][A-Za-z0-9._+=-]{0,63}(@[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?)?$/;

/** Name of a unit of systemd, or of a script in /etc/init.d. */
export const SERVICE_NAME = /^[A-Za-z0-9][A-Za-z0-9@._-]{0,99}$/;

/** Name of a Unix user. */
export const USER_NAME = /^[A-Za-z_][A-Za-z0-9_.-]{0,31}$/;
