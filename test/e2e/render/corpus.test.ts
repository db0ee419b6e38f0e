import { dirname, join } from "node:path";

import { corpus, FIXTURES } from "../../unit/conf/corpus";
import { inNamespace } from "./namespace";

/** Interfaces and programs that the configurations name. The mounts are the namespace's own. */
const PREPARE = [
  "for dev in eth1 eth2 wg0; do ip link add $dev type veth peer name $dev-peer && ip link set $dev up && ip link set $dev-peer up; done",
  "ip address add 10.1.0.2/24 dev eth1",
  "ip address add 10.99.0.2/24 dev wg0",
  "mount -t tmpfs none /usr/local/sbin",
  "for name in check-web check-dns notify-role; do cp /usr/bin/true /usr/local/sbin/$name; done",
].join("\n");

test.each(corpus().map(({ name, configId }) => [name, configId]))(
  "real keepalived accepts %s on %s without a word",
  (name, configId) => {
    const file = join(FIXTURES, name);
    const test = `cd ${dirname(file)} && keepalived --config-test -i ${configId} -f ${file}`;
    expect(inNamespace(`{ set -e\n${PREPARE}\n${test}\n}`)).toEqual({ status: 0, output: "" });
  },
);
