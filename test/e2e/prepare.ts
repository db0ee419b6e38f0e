import { ensureEngine } from "../../engine/setup";
import { prepareLab } from "../../lab";

/** What the tests run on this machine itself, beside the lab. */
const NEEDS = [
  { path: "keepalived", package: "keepalived" },
  { path: "sshd", package: "openssh-server" },
  { path: "iptables", package: "iptables" },
  { path: "busybox", package: "busybox" },
  { path: "dash", package: "dash" },
  { path: "python3", package: "python3-minimal" },
];

/** Makes what the e2e tests share, once, before jest starts its workers. */
export async function prepareE2e(): Promise<void> {
  const log = (line: string) => console.error(line);
  await prepareLab(log, NEEDS);
  await ensureEngine({ log });
}

if (require.main === module) {
  prepareE2e().catch((error: unknown) => {
    console.error(error instanceof Error ? error.message : error);
    process.exit(1);
  });
}
