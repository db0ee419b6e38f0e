/** Where the agent is on a host. */
export const AGENT = "/usr/lib/vrrp-agent/vrrp-agent";

/** One word for a POSIX shell, whatever it holds. */
export function quote(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}

/** The command with a limit of its run, on hosts that have something to end it with: OpenWrt's busybox has no timeout. */
export function inTime(seconds: number, command: string): string {
  // Whatever the user's login shell is, tcsh or fish, it has a word of sh's only to hand on.
  return `sh -c ${quote(`exec $(command -v timeout && echo ${seconds}) ${command}`)}`;
}

/** The command as root: through sudo, which must not ask, when the user is somebody else. */
export function asRoot(user: string, command: string): string {
  return user === "root" ? command : `sudo -n ${command}`;
}
