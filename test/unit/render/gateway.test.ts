import { bundle, renderHost } from "../../../render";
import { Gateway, HostPlan } from "../../../spec";
import { instance, plan } from "./plan";

const gateway: Gateway = {
  program: "nginx",
  listen: [80],
  listenOn: "all",
  upstreams: [{ address: "10.0.0.11", port: 8080, weight: 1, backup: false }],
  user: "www-data",
  connectTimeout: 3,
  readTimeout: 60,
  checkPath: "/",
  runs: "both",
};

const both = [
  instance(),
  instance({
    name: "gw-6",
    family: 6,
    virtualIpAddresses: [{ address: "2001:db8::1", prefixLength: 64, family: 6 }],
  }),
];

function files(changes: Partial<Gateway> = {}, instances = [instance()]): Record<string, string> {
  const host: HostPlan = plan(instances, { gateway: { ...gateway, ...changes } });
  return Object.fromEntries(renderHost(host).map(({ path, text }) => [path, text]));
}

const CONF = "/etc/nginx/nginx.conf";
const PROBE = "/etc/vrrp-agent/gw/gateway-probe.conf";

test("nginx.conf of the defaults, whole", () => {
  expect(files()[CONF]).toBe(`# Managed by pulumi-keepalived.
user www-data;
worker_processes auto;
pid /run/nginx.pid;
# Debian's has none of its own built in.
error_log /var/log/nginx/error.log;
include /etc/nginx/modules-enabled/*.conf;

events {
  worker_connections 4096;
}

http {
  server_tokens off;
  client_max_body_size 0;

  map $http_upgrade $vrrp_connection {
    default upgrade;
    "" "";
  }

  upstream vrrp_gateway {
    server 10.0.0.11:8080 max_fails=2 fail_timeout=5s;
    keepalive 32;
  }

  proxy_http_version 1.1;
  proxy_set_header Host $http_host;
  proxy_set_header X-Real-IP $remote_addr;
  proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
  proxy_set_header X-Forwarded-Proto $scheme;
  proxy_set_header Upgrade $http_upgrade;
  proxy_set_header Connection $vrrp_connection;
  proxy_connect_timeout 3000ms;
  proxy_send_timeout 60000ms;
  proxy_read_timeout 60000ms;
  proxy_next_upstream error timeout http_502 http_503 http_504;
  proxy_next_upstream_tries 3;

  server {
    listen 80;
    server_name _;

    location / {
      proxy_pass http://vrrp_gateway;
    }
  }
}
`);
});

test("upstreams have their weights, and those that stand in say so", () => {
  const upstreams = [
    { address: "10.0.0.11", port: 8080, weight: 3, backup: false },
    { address: "fd00::11", port: 80, weight: 1, backup: true },
  ];
  const servers = files({ upstreams })[CONF]!.match(/^ {4}server .*$/gm);
  expect(servers).toEqual([
    "    server 10.0.0.11:8080 weight=3 max_fails=2 fail_timeout=5s;",
    "    server [fd00::11]:80 max_fails=2 fail_timeout=5s backup;",
  ]);
});

test.each([
  ["all", [instance()], ["80", "81"]],
  ["all", both, ["80", "[::]:80", "81", "[::]:81"]],
  [
    "vip",
    both,
    [80, 81].flatMap((port) => [`127.0.0.1:${port}`, `192.168.1.1:${port}`, `[2001:db8::1]:${port}`]),
  ],
] as const)(
  "listening on %s it is over the families that the cluster has, and where the check asks",
  (listenOn, instances, listens) => {
    const text = files({ listen: [80, 81], listenOn }, [...instances])[CONF]!;
    expect([...text.matchAll(/^ +listen (.*);$/gm)].map(([, listen]) => listen)).toEqual(listens);
  },
);

test("the probe is a file of its own, which the template includes, and tells by the role", () => {
  const text = files({ probe: { port: 8081, path: "/alive" } }, both);
  expect(text[CONF]).toContain(`  include ${PROBE};\n`);
  expect(text[PROBE]).toMatch(/listen 8081;\n {2}listen \[::\]:8081;/);
  expect(text[PROBE]).toMatch(
    /location = \/alive \{\n.*\n {4}if \(-f \/run\/vrrp-agent\/gw\/role\/master\) \{\n {6}return 200/,
  );
  expect(files()[PROBE]).toBeUndefined();
});

test("a text of one's own is the file, with an end to its last line", () => {
  expect(files({ config: "events {}" })[CONF]).toBe("events {}\n");
});

test("the package's unit gets a drop-in: back after a crash, and with runs: master nowhere else", () => {
  const path = "/etc/systemd/system/nginx.service.d/vrrp-gw.conf";
  expect(files()[path]).toMatch(/Restart=on-failure/);
  expect(files()[path]).not.toContain("Condition");
  expect(files({ runs: "master" })[path]).toContain("\nConditionPathExists=/run/vrrp-agent/gw/role/master\n");
});

test("a build at a prefix gets a unit of its own, and its own files", () => {
  const text = files({ prefix: "/usr/local/nginx", runs: "master", user: undefined });
  const unit = text["/etc/systemd/system/vrrp-gateway-gw.service"]!;
  expect(unit).toContain(
    "\nExecStart=/usr/local/nginx/sbin/nginx -p /usr/local/nginx/ -c /usr/local/nginx/conf/nginx.conf\n",
  );
  expect(unit).toContain("\nConditionPathExists=/run/vrrp-agent/gw/role/master\n");
  expect(text["/usr/local/nginx/conf/nginx.conf"]).not.toMatch(/^(user|pid|include)/m);
  expect(text[CONF]).toBeUndefined();
});

test("the agent is told what it is about", () => {
  const text = files({ serverName: "www.example.org", runs: "master", listen: [80, 81] })[
    "/etc/vrrp-agent/gw/node.conf"
  ]!;
  expect(text.split("\n").filter((line) => line.startsWith("gateway"))).toEqual([
    "gateway unit nginx",
    "gateway binary /usr/sbin/nginx",
    "gateway conf /etc/nginx/nginx.conf",
    "gateway runs master",
    "gateway listen 80",
    "gateway listen 81",
    "gateway path /",
    "gateway host www.example.org",
    "gateway upstream 10.0.0.11 8080",
  ]);
});

test("OpenResty's package has its files elsewhere", () => {
  const text = files({ program: "openresty", user: undefined });
  expect(text["/usr/local/openresty/nginx/conf/nginx.conf"]).not.toMatch(/^(user|pid|include)/m);
  expect(text["/etc/systemd/system/openresty.service.d/vrrp-gw.conf"]).toBeDefined();
});

test("all of it goes into a bundle", () => {
  const list = renderHost(plan(both, { gateway: { ...gateway, probe: { port: 8081, path: "/" } } }));
  const text = bundle({ cluster: "gw", owner: "me", generation: "0".repeat(64), packages: {}, files: list });
  expect(text).toContain(` ${CONF}\n`);
});
