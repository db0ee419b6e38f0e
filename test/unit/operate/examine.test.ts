import type { Ended, Host } from "../../../operate/host";
import { examine } from "../../../operate/examine";

const facts = (node: string, peer: string): Ended => ({
  code: 0,
  stdout: `vrrp-facts 1\nnode ${node}\nwant peer ${peer} 10.0.0.9\nend\n`,
  stderr: "",
});
const failed = (code: number, stderr: string): Ended => ({ code, stdout: "", stderr });

/** A host that is connected after some turns of the loop, or never, and then says something. */
function host(address: string, answer: Ended, log: string[] = [], turns = 0, isConnected = true): Host {
  return {
    address,
    agent: async (words, _limit, ready) => {
      for (let turn = 0; turn < turns; turn++) await new Promise(setImmediate);
      if (isConnected) {
        log.push(`${address} connected`);
        await ready?.();
        log.push(`${address} ${words.join(" ")}`);
      }
      return answer;
    },
    startKeepalived: () => Promise.resolve(answer),
    holding: () => Promise.resolve(),
  };
}

test("all hosts are connected before any looks, and the options go with it", async () => {
  const log: string[] = [];
  const hosts = [host("a.example", facts("a", "b"), log), host("b.example", facts("b", "a"), log, 5)];
  const seen = await examine(hosts, "gw", { window: 10, quiet: true, more: ["--x"] });
  expect(log).toEqual([
    "a.example connected",
    "b.example connected",
    "a.example examine gw --window 10 --quiet-net --x",
    "b.example examine gw --window 10 --quiet-net --x",
  ]);
  expect(seen.map(({ node, address }) => [node, address])).toEqual([
    ["a", "a.example"],
    ["b", "b.example"],
  ]);
});

test("one that is not reached keeps nobody waiting, and has the name by which its peer knows it", async () => {
  const log: string[] = [];
  const down = host("b.example", failed(255, "after 1 failed attempts: i/o timeout"), log, 5, false);
  const seen = await examine([host("a.example", facts("a", "b"), log), down], "gw");
  expect(log).toEqual(["a.example connected", "a.example examine gw"]);
  expect(seen[1]).toEqual({
    node: "b",
    address: "b.example",
    problem: "after 1 failed attempts: i/o timeout",
  });
});

test.each([
  [
    failed(2, "vrrp-agent: b: agent: unknown step 'examine'\nusage: ..."),
    /too old to be asked for facts; run pulumi up/,
  ],
  [failed(124, ""), /did not end in time/],
  [
    failed(1, "there is no vrrp-agent on this host; apply the cluster first\n"),
    /^there is no vrrp-agent on this host/,
  ],
  [failed(3, ""), /ended with 3/],
  [{ code: 0, stdout: "hello\n", stderr: "" }, /something else than facts/],
  [{ code: 0, stdout: "vrrp-facts 1\nnode b\n", stderr: "" }, /cut off/],
])("a host that cannot tell is told in words (%#)", async (answer, problem) => {
  const [seen] = await examine([host("b.example", answer)], "gw");
  expect(seen).toMatchObject({ node: "b.example", problem: expect.stringMatching(problem) as string });
});
