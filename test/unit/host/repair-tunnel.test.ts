import { type FakeHost, SHELLS } from "./fake-host";
import { tunnelHost, tunnelSteps } from "./tunnel-tools";

describe.each(SHELLS)("repairs of a tunnel under %s", (shell) => {
  let host: FakeHost;
  beforeEach(async () => {
    host = await tunnelHost(shell);
    host.program("logger", "");
    host.program("sleep", ":");
    applied();
    host.addresses("wg0", ["10.99.0.1/24"]);
  });
  afterEach(() => host.close());
  const { applied } = tunnelSteps(() => host);
  const repair = (cluster: string, ...words: string[]) => host.agent(["repair", cluster, ...words]);

  test("an interface that is gone is made again from the files that were applied", () => {
    host.remove("/sys/class/net/wg0");
    expect(repair("tun", "tunnel", "wg0")).toMatchObject({
      stderr: "",
      status: 0,
      stdout: "wg0 is up again; it was so: wg0 is down\n",
    });
    expect(host.has("/sys/class/net/wg0")).toBe(true);
    expect(repair("tun", "tunnel", "wg0").stdout).toBe("nothing to do: wg0 is as it was applied\n");
    expect(repair("tun", "--undo")).toMatchObject({ status: 0, stdout: "took back: tunnel wg0\n" });
  });

  test("one whose file somebody has changed is for reapply", () => {
    host.remove("/sys/class/net/wg0");
    host.write("/etc/wireguard/wg0.conf", "by hand\n");
    expect(repair("tun", "tunnel", "wg0")).toMatchObject({
      status: 1,
      stderr: expect.stringContaining("/etc/wireguard/wg0.conf is not as it was applied") as string,
    });
    expect(host.has("/sys/class/net/wg0")).toBe(false);
  });

  test("a tunnel that there is not is told", () => {
    expect(repair("tun", "tunnel", "wg7").stderr).toContain("there is no tunnel wg7");
  });
});
