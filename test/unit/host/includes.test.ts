import { bundleOf, FakeHost, nodeFiles, EVERY_SHELL } from "./fake-host";

const CONF = "/etc/keepalived/keepalived.conf";

describe.each(EVERY_SHELL)("included files under %s", (shell) => {
  let host: FakeHost;
  beforeAll(async () => {
    host = await FakeHost.create(shell);
  });
  afterAll(() => host.close());

  test.each([
    "vrrp_instance gw {\n    include other.conf\n}\n",
    'include "other.conf"\n',
    "include conf.d/other.conf # theirs\n",
    "include gw.auth.conf\n\tinclude other.conf\n",
  ])("a config that includes what the bundle does not have is refused: %j", (text) => {
    const { status, stderr } = host.agent(["stage"], bundleOf(nodeFiles({ [CONF]: text })));
    expect(status).toBe(1);
    expect(stderr).toMatch(
      /^vrrp-agent: a: stage: \/etc\/keepalived\/keepalived\.conf includes (conf\.d\/)?other\.conf, which the bundle does not have; send the bundle again\n$/,
    );
    expect(host.has("var/lib/vrrp-agent/gw")).toBe(false);
  });

  test.each([
    "    include gw.auth.conf\n",
    'include "gw.auth.conf"  ! it is there\n',
    "# include other.conf\n",
  ])("a config whose includes are all there is accepted: %j", (text) => {
    expect(host.agent(["stage"], bundleOf(nodeFiles({ [CONF]: text })))).toMatchObject({
      status: 0,
      stderr: "",
    });
  });
});
