import { type Host, Lab, Stack } from "../../../lab";
import { configure, holders, nodeOf } from "./cluster";

describe("a node that moves to another machine", () => {
  let lab: Lab;
  let stack: Stack;
  let a: Host;
  let b: Host;
  let c: Host;

  beforeAll(async () => {
    lab = await Lab.start({ hosts: [{ name: "gw-a" }, { name: "gw-b" }, { name: "gw-c" }] });
    [a, b, c] = lab.hosts as [Host, Host, Host];
    stack = await Stack.create({ client: lab.client });
    await configure(stack, lab, [nodeOf(a), nodeOf(b)]);
    await stack.up();
    await configure(stack, lab, [nodeOf(a), { ...nodeOf(c), name: "gw-b" }]);
    await stack.up();
  });
  afterAll(async () => {
    stack.remove();
    await lab.stop();
  });

  const state = async (host: Host) =>
    (await host.exec("systemctl is-active keepalived; ls -d /etc/vrrp-agent /usr/lib/vrrp-agent; true"))
      .stdout;

  it("is part of the pair there", async () => {
    expect(await state(c)).toBe("active\n/etc/vrrp-agent\n/usr/lib/vrrp-agent\n");
    expect(await holders(lab.hosts)).toEqual(["gw-a"]);
  });

  it("leaves nothing on the machine that it was on", async () => {
    expect(await state(b)).toBe("inactive\n");
  });
});
