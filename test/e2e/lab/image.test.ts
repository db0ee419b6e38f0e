import { Image, Lab } from "../../../lab";

describe("an image", () => {
  let lab: Lab;

  beforeAll(async () => {
    lab = await Lab.start({
      // The others take minutes to make; what wants them sees them.
      hosts: [Image.Full, Image.Bare, Image.Installable, Image.Witness, Image.Services].map((image) => ({
        name: image.slice(0, 10),
        image,
      })),
    });
  });
  afterAll(() => lab.stop());

  const has = async (image: Image, command: string) =>
    (await lab.host(image.slice(0, 10)).exec(`command -v ${command}`, { check: false })).code === 0;
  const install = (image: Image, what: string) =>
    lab
      .host(image.slice(0, 10))
      .exec(`apt-get update && apt-get install -y --no-install-recommends ${what}`, {
        check: false,
      });

  test("full has keepalived, enabled and idle for want of a config", async () => {
    expect(await has(Image.Full, "keepalived")).toBe(true);
    const full = lab.host("full");
    expect((await full.exec("systemctl is-enabled keepalived")).stdout).toBe("enabled\n");
    expect((await full.exec("systemctl is-active keepalived", { check: false })).stdout).toBe("inactive\n");
  });

  test("bare has no keepalived and nowhere to get it from", async () => {
    expect(await has(Image.Bare, "keepalived")).toBe(false);
    const failed = await install(Image.Bare, "keepalived");
    expect(failed.code).not.toBe(0);
    expect(failed.stderr).toContain("Unable to locate package keepalived");
  });

  test("installable has no keepalived until apt installs it from the host's own disk", async () => {
    expect(await has(Image.Installable, "keepalived")).toBe(false);
    expect(await install(Image.Installable, "keepalived iptables-persistent")).toMatchObject({ code: 0 });
    expect(await has(Image.Installable, "keepalived")).toBe(true);
    const unit = await lab.host("installabl").exec("systemctl is-enabled keepalived netfilter-persistent");
    expect(unit.stdout).toBe("enabled\nenabled\n");
  });

  test.each([
    ["nft", "--version"],
    ["iptables-nft", "-nL"],
    ["iptables-legacy", "-nL"],
    ["ip6tables", "-nL"],
    ["arping", "-V"],
    ["tcpdump", "--version"],
    ["busybox", "true"],
    ["sudo", "true"],
    ["systemd-run", "--wait", "true"],
  ])("full has a working %s", async (...command) => {
    await lab.host("full").exec(command);
  });

  test("every host has a host key and a machine id of its own, and no key but ed25519", async () => {
    const ids = await Promise.all(lab.hosts.map((host) => host.readFile("/etc/machine-id")));
    expect(new Set(ids).size).toBe(lab.hosts.length);
    expect(new Set(lab.hosts.map((host) => host.hostKey)).size).toBe(lab.hosts.length);
    const scan = await lab.client.exec(["ssh-keyscan", lab.host("full").address]);
    expect(scan.stdout.trim()).toBe(`${lab.host("full").address} ${lab.host("full").hostKey}`);
  });
});
