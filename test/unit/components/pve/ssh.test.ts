import { sshApi } from "../../../../components/pve/ssh";
import { isRefused, PveApi } from "../../../../components/pve/transport";
import { shellOf } from "./pvesh";
import { NET0, World } from "./world";

let world: World;
let shell: Awaited<ReturnType<typeof shellOf>>;
let api: PveApi;
const scripts: string[] = [];
const config = "/nodes/pve1/qemu/101/config";

beforeEach(async () => {
  scripts.length = 0;
  world = await World.start({}, () => api);
  shell = await shellOf(world.pve);
  api = sshApi("pve1", (script) => {
    scripts.push(script);
    return shell.run(script);
  });
});
afterEach(async () => {
  shell.stop();
  await world.pve.stop();
});

test("several reads go over one connection, each with its own answer", async () => {
  const answers = await api.ask([
    { method: "get", path: "/version" },
    { method: "get", path: "/nodes/pve1/qemu/999/config" },
    { method: "get", path: config, params: { current: "1" } },
  ]);
  expect(scripts).toHaveLength(1);
  expect(answers[0]).toEqual({ data: expect.objectContaining({ version: "9.1.4" }) as unknown });
  expect(answers[1]).toEqual({
    refusal: { status: 500, message: expect.stringMatching(/999\.conf' does not exist/) as string },
  });
  expect(answers[2]).toEqual({ data: expect.objectContaining({ net0: NET0[101] }) as unknown });
});

test("what pvesh tells beside its result is none of it", async () => {
  const net0 = NET0[101].replace("firewall=1", "firewall=0");
  expect(await api.ask([{ method: "set", path: config, params: { net0 } }])).toEqual([{ data: null }]);
  expect(world.pve.config(101)).toContain(net0);
});

test("a refused parameter is told by its name", async () => {
  const [answer] = await api.ask([{ method: "set", path: config, params: { net0: "virtio,nonsense=1" } }]);
  expect(answer && isRefused(answer) && answer.refusal).toMatchObject({
    status: 400,
    message: "Parameter verification failed.",
    errors: { net0: expect.stringContaining("nonsense") as string },
  });
});

test("a value is one word whatever is in it", async () => {
  const name = `-x'"$(id) ; \\`;
  const params = { type: "in", action: "ACCEPT", enable: "1", comment: name };
  const path = "/nodes/pve1/qemu/101/firewall/rules";
  expect(await api.ask([{ method: "create", path, params }])).toEqual([{ data: null }]);
  expect(world.pve.requests.at(-1)!.params.comment).toBe(name);
});

test("a host without pvesh is told to be none of Proxmox VE", async () => {
  const bare = sshApi("gw-a", () => Promise.resolve("absent\n"));
  await expect(bare.ask([{ method: "get", path: "/version" }])).rejects.toThrow(
    /gw-a: there is no pvesh: is this a node of Proxmox VE\?/,
  );
});

test("a connection that breaks is told without the script that ran", async () => {
  const broken = sshApi("pve1", (script) =>
    Promise.reject(
      new Error(
        `Process exited with status 1: running ${JSON.stringify(script)}:\nsudo: a password is required`,
      ),
    ),
  );
  const error = await broken.ask([{ method: "get", path: "/version" }]).catch((reason: Error) => reason);
  expect((error as Error).message).toBe("pve1: Process exited with status 1: sudo: a password is required");
});

test("what is cut off is no answer", async () => {
  const cut = sshApi("pve1", () => Promise.resolve("0 e30= \n"));
  const two = [1, 2].map(() => ({ method: "get" as const, path: "/version" }));
  await expect(cut.ask(two)).rejects.toThrow(/cut off/);
});

test("a guest is changed and put back over SSH as over the API", async () => {
  const before = world.texts();
  const guests = world.inputs({ firewall: false }).guests.slice(0, 1);
  const outs = await world.up(world.inputs({}, { guests }));
  expect(world.pve.config(101)).toContain("firewall=0");
  await world.provider.delete("id", outs);
  expect(world.texts()).toEqual(before);
}, 60_000);
