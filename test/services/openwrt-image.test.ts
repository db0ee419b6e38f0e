import { type Host, Image, Lab } from "../../lab";

describe("the image", () => {
  let lab: Lab;
  let host: Host;
  beforeAll(async () => {
    lab = await Lab.start({ hosts: [{ name: "owrt", image: Image.OpenWrt }] });
    host = lab.host("owrt");
  });
  afterAll(() => lab?.stop());

  const has = async (command: string) =>
    (await host.exec(`command -v ${command}`, { check: false })).code === 0;

  test("openwrt-like has nothing of GNU's or systemd's, and opkg installs keepalived", async () => {
    for (const program of [
      "bash",
      "python3",
      "perl",
      "systemctl",
      "timeout",
      "setsid",
      "stat",
      "diff",
      "getent",
    ]) {
      expect([program, await has(program)]).toEqual([program, false]);
    }
    for (const refused of [
      "sleep 0.1",
      "echo a | tr '[:alpha:]' b",
      "echo a | sort -k 1",
      "find /tmp -exec true {} +",
    ])
      expect((await host.exec(refused, { check: false })).code).not.toBe(0);
    await host.exec("opkg update && opkg install keepalived");
    expect(await has("keepalived")).toBe(true);
  });
});
