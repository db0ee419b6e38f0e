import * as pulumi from "@pulumi/pulumi";

import { ActionKind, CheckKind, HaPair, HaPairArgs, Preemption } from "../../../components";
import { find, HOST_KEY, pair, Registered, registeredBy, secretValue, visible } from "./mocks";

const COMMAND = "command:remote:Command";

function make(args: HaPairArgs): Promise<Registered[]> {
  return registeredBy(() => {
    new HaPair("gw", args);
  });
}

test("each host has its own steps", async () => {
  const commands = (await make(pair())).filter((r) => r.type === COMMAND).map((r) => r.name);
  const steps = ["agent", "stage", "activate", "finish", "join", "observe", "confirm"];
  expect(commands.sort()).toEqual(["a", "b"].flatMap((n) => steps.map((s) => `gw-${n}-${s}`)).sort());
});

test("a HostConfig shows each file as text, so that a preview is a line diff", async () => {
  const config = find(await make(pair()), "pulumi-keepalived:index:HostConfig", "gw-a");
  const files = config.inputs.files as Record<string, string>;
  expect(files["/etc/keepalived/keepalived.conf"]).toContain("virtual_router_id 51\n");
  expect(config.inputs.secretFiles).toBeUndefined();
});

test("a check brings what it is made with: a line of the bundle, and one of the files that are shown", async () => {
  const registered = await make(
    pair({
      checks: [
        { name: "web", kind: CheckKind.Http, url: "http://127.0.0.1/" },
        { name: "uplink", kind: CheckKind.Network },
      ],
    }),
  );
  const bundle = secretValue(find(registered, COMMAND, "gw-a-stage").inputs.stdin);
  expect(bundle.match(/^package .*$/gm)).toEqual([
    "package keepalived keepalived",
    "package curl curl",
    "package ping iputils-ping",
  ]);
  const { files } = find(registered, "pulumi-keepalived:index:HostConfig", "gw-a").inputs;
  expect((files as Record<string, string>)["/etc/vrrp-agent/gw/node.conf"]).toContain(
    "\ncheck web http 2 2 2 yield 2\n",
  );
});

test("a password does not hide the files beside it", async () => {
  const registered = await make(pair({ version: 2, authPass: "hushhush" }));
  const { files, secretFiles } = find(registered, "pulumi-keepalived:index:HostConfig", "gw-a").inputs;
  expect((files as Record<string, string>)["/etc/keepalived/keepalived.conf"]).toContain(
    "include gw.auth.conf\n",
  );
  expect(secretValue(secretFiles)).toEqual({
    "/etc/keepalived/gw.auth.conf": expect.stringContaining("auth_pass hushhush\n") as string,
  });
});

test("the bundle of a host goes in on stdin, as a secret", async () => {
  const { inputs } = find(await make(pair({ version: 2, authPass: "hushhush" })), COMMAND, "gw-a-stage");
  expect(secretValue(inputs.stdin)).toContain("auth_pass hushhush\n");
});

test("no input of any resource holds a password or key outside a secret", async () => {
  const text = visible(await make(pair({ version: 2, authPass: "hushhush" })));
  expect(text).not.toContain("hushhush");
  expect(text).not.toContain("PRIVATE");
  expect(text).toContain("[secret]");
});

test("all hosts get the same generation, and a change on one host changes it for all", async () => {
  const generations = async (args: HaPairArgs) => {
    const registered = await make(args);
    return ["a", "b"].map((n) => secretValue(find(registered, COMMAND, `gw-${n}-activate`).inputs.stdin));
  };
  const before = await generations(pair());
  expect(before[0]).toBe(before[1]);
  const changed = pair();
  changed.nodes[1]!.routerId = "other";
  const after = await generations(changed);
  expect(after[0]).toBe(after[1]);
  expect(after[0]).not.toBe(before[0]);
});

test("the generation is in no command line, because it derives from secret files", async () => {
  const registered = await make(pair({ version: 2, authPass: "hushhush" }));
  const generation = secretValue(find(registered, COMMAND, "gw-a-activate").inputs.stdin).trim();
  expect(generation).toMatch(/^[0-9a-f]{64}$/);
  expect(visible(registered)).not.toContain(generation);
});

test("a user other than root goes through sudo, which must not ask", async () => {
  const args = pair();
  args.nodes[0]!.connection.user = "admin";
  const registered = await make(args);
  expect(find(registered, COMMAND, "gw-a-stage").inputs.create).toMatch(
    /^sudo -n sh -c 'exec \$\(command -v timeout && echo \d+\) \S*vrrp-agent stage'$/,
  );
  expect(find(registered, COMMAND, "gw-b-stage").inputs.create).toMatch(
    /^sh -c 'exec \$\(command -v timeout && echo \d+\) /,
  );
});

test("an insecure host key is asked for, never assumed", async () => {
  const args = pair();
  delete args.nodes[0]!.connection.hostKey;
  args.nodes[0]!.connection.insecureHostKey = true;
  const connection = secretValue(find(await make(args), COMMAND, "gw-a-stage").inputs.connection) as unknown;
  expect(connection).not.toHaveProperty("hostKey");
  args.nodes[0]!.connection.insecureHostKey = false;
  expect(() => new HaPair("gw", args)).toThrow(/nodes\[0\]\.connection\.hostKey/);
});

test("another machine replaces every step of its host, and of no other", async () => {
  const commands = (await make(pair())).filter((r) => r.type === COMMAND);
  for (const { name, inputs } of commands) {
    expect([name, inputs.triggers]).toEqual([
      name,
      [name.startsWith("gw-a") ? "192.168.1.2" : "192.168.1.3"],
    ]);
  }
});

test("the socket of the user's SSH agent is not kept: it is another one at every login", async () => {
  const before = process.env.SSH_AUTH_SOCK;
  process.env.SSH_AUTH_SOCK = "/tmp/ssh-of-this-login/agent";
  try {
    const proxy = { host: "192.168.1.9", agent: true, hostKey: HOST_KEY };
    const [a, b] = pair().nodes;
    const nodes = [
      { ...a!, connection: { host: "192.168.1.2", agent: true, hostKey: HOST_KEY, proxy } },
      {
        ...b!,
        connection: { host: "192.168.1.3", agentSocketPath: "/run/agent", hostKey: HOST_KEY },
      },
    ];
    const registered = await make(pair({ nodes }));
    expect(JSON.stringify(registered)).not.toContain("ssh-of-this-login");
    const stated = find(registered, COMMAND, "gw-b-stage").inputs.connection;
    expect(secretValue(stated)).toMatchObject({ agentSocketPath: "/run/agent" });
  } finally {
    if (before === undefined) {
      delete process.env.SSH_AUTH_SOCK;
    } else {
      process.env.SSH_AUTH_SOCK = before;
    }
  }
});

test("everything wrong is told at once, before anything is registered", async () => {
  const args = pair({ virtualRouterId: 256, advertInt: 0 });
  args.nodes[1]!.connection.host = "192.168.1.1";
  const registered = await registeredBy(() => {
    const attempt = () => new HaPair("gw", args);
    expect(attempt).toThrow(/virtualRouterId/);
    expect(attempt).toThrow(/advertInt/);
    expect(attempt).toThrow(/nodes\[1\]\.connection\.host/);
  });
  expect(registered).toEqual([]);
});

test("a known password is checked like everything else, and not shown", () => {
  const attempt = () => new HaPair("gw", pair({ version: 2, authPass: "far too long" }));
  expect(attempt).toThrow(/authPass/);
  expect(attempt).not.toThrow(/far too long/);
});

test("a warning is given once, with its fix, and stops nothing", async () => {
  const said: string[] = [];
  const log = jest.spyOn(pulumi.log, "warn").mockImplementation((text) => {
    said.push(text);
    return Promise.resolve();
  });
  try {
    const sticky = { preemption: Preemption.Sticky, version: 2, authPass: pulumi.secret("hush") };
    const registered = await make(pair(sticky));
    expect(registered.some(({ name }) => name === "gw-a-stage")).toBe(true);
  } finally {
    log.mockRestore();
  }
  expect(said).toEqual([
    expect.stringMatching(
      /^gw: preemption: sticky \[sticky-without-uplink-check\]\n {2}allowed: .*\n {2}fix: add a check/,
    ),
  ]);
});

test("what is known only later does not stop the check of the rest", () => {
  const args = pair({ virtualRouterId: 0 });
  args.nodes[0]!.connection.host = pulumi.output("192.168.1.2");
  expect(() => new HaPair("gw", args)).toThrow(/virtualRouterId/);
});

test("an address known only later is used when it is", async () => {
  const args = pair();
  args.nodes[0]!.connection.host = pulumi.output("192.168.1.2");
  const registered = await make(args);
  expect(find(registered, COMMAND, "gw-a-activate").inputs.delete).toContain("gw-a@192.168.1.2");
});

test("the addresses that move are those of every virtual router, as given", async () => {
  const label = pulumi.output("192.168.1.9/24 label eth0:web");
  const web = { name: "web", virtualRouterId: 52, virtualIpAddresses: [label] };
  let addresses: string[] = [];
  await registeredBy(() => {
    new HaPair("gw", pair({ virtualRouters: [web] })).virtualIpAddresses.apply((all) => (addresses = all));
  });
  expect(addresses).toEqual(["192.168.1.1/24", "192.168.1.9/24 label eth0:web"]);
});

test("the pair says who becomes master under the main faults", async () => {
  let simulated = "";
  await registeredBy(() => {
    const { simulation } = new HaPair("gw", pair({ preemption: Preemption.Sticky }));
    simulation.apply((text) => (simulated = text));
  });
  expect(simulated.split("\n")).toEqual(
    expect.arrayContaining([
      expect.stringMatching(/^holder-dies +a -> b +2\.61\.\.3\.61 s +1 /) as string,
      expect.stringMatching(/^daemon-restarts +a -> b /) as string,
    ]),
  );
});

test("what the world outside is told brings its programs, and its secrets only into secret files", async () => {
  const secrets = { url: "https://h.example.org/PATHSECRET", secret: "SIGNSECRET", tsig: "VFNJRw==" };
  const args = pair({
    role: {
      actions: [
        {
          name: "hook",
          kind: ActionKind.Webhook,
          url: secrets.url,
          headers: { Authorization: "HEADERSECRET" },
          secret: pulumi.output(secrets.secret),
        },
        {
          name: "dns",
          kind: ActionKind.Dns,
          server: "192.0.2.53",
          zone: "example.org",
          record: "www.example.org",
          addresses: { a: ["192.0.2.1"], b: ["192.0.2.2"] },
          tsig: { name: "gw", secret: secrets.tsig },
        },
      ],
    },
  });
  const registered = await make(args);
  const bundle = secretValue(find(registered, COMMAND, "gw-a-stage").inputs.stdin);
  for (const text of [secrets.url, secrets.secret, secrets.tsig, "HEADERSECRET"]) {
    expect(bundle).toContain(text);
    expect(visible(registered)).not.toContain(text);
  }
  expect(bundle.match(/^package .*$/gm)).toEqual([
    "package keepalived keepalived",
    "package curl curl",
    "package nsupdate bind9-dnsutils",
    "package dig bind9-dnsutils",
  ]);
});
