import { programOf, stoppedBy, testedBy, textOf } from "../../../spec/rules/commands";

it.each([
  ["systemctl stop nginx.service", ["nginx"]],
  ["/usr/bin/systemctl --no-block stop nginx", ["nginx"]],
  ["systemctl disable --now nginx", ["nginx"]],
  ["/sbin/service nginx stop", ["nginx"]],
  ["/etc/init.d/nginx stop", ["nginx"]],
  ["killall -9 nginx", ["nginx"]],
  ["sh -c 'killall -0 nginx || pkill keepalived'", ["keepalived"]],
  ["nginx -s quit", ["nginx"]],
  ["killall -0 nginx", []],
  ["pkill -0 nginx", []],
  ["systemctl restart nginx", []],
  ["systemctl is-active nginx", []],
  ["kill -0 12", []],
])("%s stops %j", (command, stopped) => {
  expect(stoppedBy(command)).toEqual(stopped);
});

it.each([
  ["systemctl is-active --quiet nginx", ["nginx"]],
  ["killall -0 nginx", ["nginx"]],
  ["/usr/bin/pidof nginx", ["nginx"]],
  ["pgrep -x nginx", ["nginx"]],
  ["service nginx status", ["nginx"]],
  ["ps -C nginx --no-header", ["nginx"]],
  ["killall nginx", []],
  ["curl -fs http://127.0.0.1/", []],
])("%s tests %j", (command, tested) => {
  expect(testedBy(command)).toEqual(tested);
});

it("reads the program of a command, without its comments", () => {
  const programs = { "check.sh": "#!/bin/sh\n # pkill keepalived\npidof nginx\n" };
  expect(stoppedBy(textOf("/etc/keepalived/check.sh 1", programs))).toEqual([]);
  expect(testedBy(textOf("/etc/keepalived/check.sh 1", programs))).toEqual(["nginx"]);
  expect(testedBy(textOf("/etc/keepalived/other.sh", programs))).toEqual([]);
  expect(testedBy(textOf("/bin/constructor", programs))).toEqual([]);
});

it("shows no arguments of a command", () => {
  expect(programOf("/usr/bin/mysql -psecret")).toBe("/usr/bin/mysql ...");
  expect(programOf(" /usr/bin/true ")).toBe("/usr/bin/true");
});
