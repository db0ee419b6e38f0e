import { gatewaysOf } from "../../../../components/pve/gateways";
import type { Connection } from "../../../../engine/stand-ins/resource-command/connection";

/** How a gateway is. */
interface Gateway {
  holds?: boolean;
  state?: string;
  drained?: boolean;
  /** No agent is on it. */
  bare?: boolean;
  /** Why it does not drain. */
  keeps?: string;
}

let said: string[];
let done: string[];

function pairOf(states: Record<string, Gateway>) {
  said = [];
  done = [];
  const connections = Object.fromEntries(Object.keys(states).map((node) => [node, {} as Connection]));
  return gatewaysOf("gw", connections, {
    say: (text) => Promise.resolve(void said.push(text)),
    pause: () => {
      done.push("waited");
      for (const gateway of Object.values(states)) if (gateway.state === "coming") gateway.state = "BACKUP";
      return Promise.resolve();
    },
    hostOf: (node) => ({
      address: node,
      agent: ([word = ""]) => {
        const { holds = false, state = "BACKUP", drained = false, bare = false, keeps } = states[node]!;
        if (bare)
          return Promise.resolve({ code: 1, stdout: "", stderr: "there is no vrrp-agent on this host" });
        if (word === "status") {
          const instance = {
            name: "gw",
            state,
            vips: [{ address: "192.0.2.9", held: holds }],
            reported: { state: state === "coming" ? "FAULT" : state, priority: 100 },
          };
          const cluster = {
            cluster: "gw",
            node,
            generation: "1",
            pending: false,
            drained,
            checks: [],
            instances: [instance],
          };
          const stdout = JSON.stringify({ keepalived: { running: true }, clusters: [cluster] });
          return Promise.resolve({ code: 0, stdout, stderr: "" });
        }
        done.push(`${word} ${node}`);
        return Promise.resolve({ code: keeps === undefined ? 0 : 1, stdout: "", stderr: keeps ?? "" });
      },
    }),
  });
}

const work = () => Promise.resolve(void done.push("work"));

test("who holds addresses comes last", async () => {
  const pair = pairOf({ "gw-a": { holds: true }, "gw-b": {} });
  expect(await pair.holdersLast(["gw-a", "gw-b"])).toEqual(["gw-b", "gw-a"]);
});

test("a holder is drained while its NIC is plugged anew, and no longer", async () => {
  const pair = pairOf({ "gw-a": { holds: true }, "gw-b": {} });
  await pair.whileDrained("gw-a", work);
  expect(done).toEqual(["drain gw-a", "work", "undrain gw-a"]);
});

test("a holder is undrained where the change fails", async () => {
  const pair = pairOf({ "gw-a": { holds: true }, "gw-b": {} });
  await expect(pair.whileDrained("gw-a", () => Promise.reject(new Error("no")))).rejects.toThrow("no");
  expect(done).toEqual(["drain gw-a", "undrain gw-a"]);
});

test.each<[string, Record<string, Gateway>]>([
  ["who holds nothing", { "gw-a": {}, "gw-b": { holds: true } }],
  ["who was drained by somebody", { "gw-a": { holds: true, drained: true }, "gw-b": {} }],
  ["who has no agent yet", { "gw-a": { bare: true }, "gw-b": { bare: true } }],
])("%s is not drained", async (_, states) => {
  await pairOf(states).whileDrained("gw-a", work);
  expect(done).toEqual(["work"]);
});

test("a holder whose peer was just plugged anew waits until that is well again", async () => {
  const pair = pairOf({ "gw-a": { holds: true }, "gw-b": { state: "coming" } });
  await pair.whileDrained("gw-a", work);
  expect(done).toEqual(["waited", "drain gw-a", "work", "undrain gw-a"]);
});

test("a holder without a peer is not drained, and that is told", async () => {
  const pair = pairOf({ "gw-a": { holds: true }, "gw-b": { bare: true } });
  await pair.whileDrained("gw-a", work);
  expect(done).toEqual(["work"]);
  expect(said.join()).toMatch(/gw-a holds the addresses and no peer is there/);
});

test("a holder that does not give the addresses away keeps its NIC", async () => {
  const pair = pairOf({ "gw-a": { holds: true, keeps: "no peer took the addresses" }, "gw-b": {} });
  await expect(pair.whileDrained("gw-a", work)).rejects.toThrow(/left as it is: no peer took the addresses/);
  expect(done).toEqual(["drain gw-a"]);
});
