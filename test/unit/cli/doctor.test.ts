import type { Diagnosis } from "../../../doctor/model";
import { finding } from "../doctor/report/look";
import { clusterInput } from "../doctor/pair/pair";
import { cli } from "./command";

const calls: string[] = [];
let diagnoses: Diagnosis[] = [];
let isReached = true;
let input: unknown;
const beside: unknown[] = [];
const asked: string[][] = [];

jest.mock("../../../doctor/pair", () => ({
  diagnose: (_nodes: unknown, more: unknown) => {
    beside.push(more);
    return diagnoses.length > 1 ? diagnoses.shift() : diagnoses[0];
  },
}));
jest.mock("../../../cli/hosts", () => ({
  ...jest.requireActual<object>("../../../cli/hosts"),
  findCluster: () =>
    Promise.resolve({ hosts: ["a", "b"].map((host) => ({ cluster: "gw", connection: { host } })), input }),
}));
jest.mock("../../../operate/hypervisor", () => ({
  lookAtHypervisor: (guests: { node: string }[], cluster: string) => {
    asked.push([cluster, ...guests.map(({ node }) => node)]);
    return Promise.resolve({ hypervisor: {}, unread: guests.map(({ node }) => ({ node, words: "late" })) });
  },
}));
jest.mock("../../../operate/host", () => ({
  ...jest.requireActual<object>("../../../operate/host"),
  hostAt: ({ connection: { host } }: { connection: { host: string } }) => ({
    address: host,
    agent: (words: string[]) => {
      calls.push(`${host} ${words.join(" ")}`);
      return Promise.resolve(
        isReached
          ? {
              code: 0,
              stdout: `vrrp-facts 1\nnode ${host}\nwant settle 0\nstate gw BACKUP\nend\n`,
              stderr: "",
            }
          : { code: 255, stdout: "", stderr: "i/o timeout" },
      );
    },
  }),
}));

const well: Diagnosis = { symptoms: [], findings: [] };
const deaf: Diagnosis = {
  symptoms: [],
  findings: [
    finding("fw-drop", "b", "firewall"),
    finding("conf-vrid", "a", undefined, {
      fix: { repair: "spec", automatic: false, summary: "one for both", specChange: ["-  5", "+  6"] },
    }),
  ],
};
const doctor = (...args: string[]) => cli("doctor", "--spec", "gw.yaml", ...args);

beforeEach(() => {
  calls.length = 0;
  diagnoses = [well];
  isReached = true;
  input = undefined;
  beside.length = 0;
  asked.length = 0;
});

test("a healthy cluster ends with 0, in text and in JSON", async () => {
  expect(await doctor("--window", "7", "--no-probes")).toEqual({
    code: 0,
    out: "gw: healthy\n  a BACKUP, b BACKUP, 0 adverts seen\n",
    err: "",
  });
  expect(calls).toEqual(["a examine gw --window 7 --quiet-net", "b examine gw --window 7 --quiet-net"]);
  const { out } = await doctor("--json");
  expect(JSON.parse(out)).toMatchObject({ healthy: true, findings: [], symptoms: [] });
});

test("findings end with 1, and nothing is done about them without --repair", async () => {
  diagnoses = [deaf];
  const { code, out } = await doctor();
  expect(code).toBe(1);
  expect(out).toContain("1. fw-drop on b (certain)");
  expect(calls.filter((call) => call.includes("repair"))).toEqual([]);
});

test("one more look is announced, and there is no third", async () => {
  diagnoses = [{ ...deaf, ask: { options: ["--window", "20"], why: "so few were sent" } }];
  const { err } = await doctor();
  expect(err).toBe("looking once more (--window 20): so few were sent\n");
  expect(calls).toEqual([
    "a examine gw",
    "b examine gw",
    "a examine gw --window 20",
    "b examine gw --window 20",
  ]);
});

test("--dry-run says what --repair would do, and does nothing", async () => {
  diagnoses = [deaf];
  const { code, err } = await doctor("--repair", "--dry-run");
  expect(code).toBe(1);
  expect(err).toBe("would run on b, for fw-drop: vrrp-agent repair gw firewall\n");
  expect(calls).toEqual(["a examine gw", "b examine gw"]);
});

test("--repair repairs, tells what is left with its diff, and ends by what is then", async () => {
  diagnoses = [deaf, { symptoms: [], findings: deaf.findings.slice(1) }];
  const { code, out, err } = await doctor("--repair");
  expect(calls).toContain("b repair gw firewall");
  expect(code).toBe(1);
  expect(err).toContain("b: fw-drop: vrrp-agent repair gw firewall\nb: done");
  expect(out).toContain("        -  5\n        +  6\n");
  diagnoses = [deaf, well];
  const json = await doctor("--repair", "--json");
  expect(json.code).toBe(0);
  expect(JSON.parse(json.out)).toMatchObject({
    healthy: true,
    repairs: [{ node: "b", cause: "fw-drop", action: ["firewall"], outcome: "done" }],
  });
});

test("no host that was seen ends with 2", async () => {
  isReached = false;
  const { code, err, out } = await doctor();
  expect(code).toBe(2);
  expect(err).toContain("no host was seen");
  expect(out).toContain("a: i/o timeout");
});

test("what the nodes run on is asked once for all looks, and what it lacks goes into each", async () => {
  const endpoint = "https://pve1.example:8006";
  const token = "pulumi@pve!nics=11111111-2222-3333-4444-555555555555";
  input = clusterInput(["a", "b"], {
    hypervisor: { kind: "pve", endpoint, token },
    nodes: { a: { guest: { id: 101 } } },
  });
  diagnoses = [{ ...deaf, ask: { options: ["--window", "20"], why: "so few were sent" } }];
  await doctor();
  expect(asked).toEqual([["gw", "a"]]);
  const more = { hypervisor: {}, unread: [{ node: "a", words: "late" }] };
  expect(beside).toEqual([more, more]);
  await doctor("--no-hypervisor");
  expect(asked.slice(1)).toEqual([["gw"]]);
});

test.each([
  [["--window", "31"], "--window: 31; give whole seconds, 1 to 30"],
  [["--only", "fw-drop"], "--only: what is found is told whole; give it with --repair or --dry-run"],
  [["--repair", "--only", "fw-dorp"], "--only: fw-dorp; there are fw-drop, fw-reject"],
])("%j is told", async (args, words) => {
  const { code, err } = await doctor(...args);
  expect({ code, err }).toEqual({ code: 2, err: expect.stringContaining(words) as string });
  expect(calls).toEqual([]);
});
