import { renderHost } from "../../../render";
import { instance, plan } from "./plan";

const SHA256 = "c61940d874154a560a54627ecf7ef47adebdf832164368d10bf242a4d9b7d49d";
const UNIT = "/etc/systemd/system/keepalived.service";
const keepalivedSource = {
  url: "https://h/keepalived-2.2.7.tar.gz?x=1",
  sha256: SHA256,
  version: "2.2.7",
  directory: "/opt/keepalived/2.2.7-0123abcd",
  configureOptions: ["--disable-lvs", "CFLAGS=-O2"],
};

const files = (source?: typeof keepalivedSource) =>
  new Map(
    renderHost(plan([instance({})], source && { keepalivedSource: source })).map(({ path, text }) => [
      path,
      text,
    ]),
  );
const lines = (text: string) => text.split("\n").filter((line) => line.startsWith("keepalived-source"));

test("a host whose keepalived is the distribution's has no unit of ours, and is told of no source", () => {
  expect(files().has(UNIT)).toBe(false);
  expect(lines(files().get("/etc/vrrp-agent/gw/node.conf")!)).toEqual([]);
});

test("a host with a source is told what to build where, and has a unit that starts it", () => {
  const made = files(keepalivedSource);
  expect(lines(made.get("/etc/vrrp-agent/gw/node.conf")!)).toEqual([
    `keepalived-source 2.2.7 ${SHA256} /opt/keepalived/2.2.7-0123abcd https://h/keepalived-2.2.7.tar.gz?x=1`,
    "keepalived-source-option --disable-lvs",
    "keepalived-source-option CFLAGS=-O2",
  ]);
  expect(made.get(UNIT)).toContain(
    "\nExecStart=/opt/keepalived/2.2.7-0123abcd/sbin/keepalived --dont-fork --use-file /etc/keepalived/keepalived.conf\n",
  );
});
