import { EVERY_SHELL, FakeHost, generation, bundleOf, nodeFiles } from "./fake-host";

const WATCH = "run/vrrp-agent/gw/exercise";
const DRAIN = "var/lib/vrrp-agent/gw/drain";

describe.each(EVERY_SHELL)("exercise under %s", (shell) => {
  let host: FakeHost;
  beforeEach(async () => {
    host = await FakeHost.create(shell);
    host.succeed(["stage"], bundleOf(nodeFiles()));
    host.succeed(["activate", "gw", generation(1)]);
    // What would run beside this in a unit of its own runs at once, until it has ended.
    host.program(
      "systemd-run",
      `echo "systemd-run $*" >>"$FAKE/calls"; while [ "\${1#-}" != "$1" ]; do shift; done; "$@"`,
    );
    host.calls();
  });
  afterEach(() => host.close());

  const exercise = (word: string) => host.agent(["exercise", "gw", word]);
  /** What a drill has done, and then whoever ran it was gone. */
  const forsake = () => {
    host.write(DRAIN, "1 drain\n");
    host.withoutState("keepalived.pid");
  };

  test("brings back what a drill has changed when the time is over, and says so", () => {
    forsake();
    expect(exercise("600")).toMatchObject({ status: 0, stderr: "" });
    expect(host.has(DRAIN)).toBe(false);
    expect(host.calls()).toEqual([
      expect.stringMatching(
        /^systemd-run --quiet --collect --unit=vrrp-agent-exercise-gw-\d+ \S+\/vrrp-agent exercise gw await$/,
      ),
      "systemctl start keepalived.service",
    ]);
    expect(host.has(WATCH)).toBe(false);
    expect(host.read("var/log/vrrp-agent/events.jsonl")).toContain(
      "a drill was not ended by whoever ran it; what it had changed is brought back",
    );
  });

  test.each([
    ["ended", ["end"]],
    ["said anew", ["600"]],
  ])("a watch whose exercise is %s meanwhile does nothing", (_, words) => {
    host.program("systemd-run", `echo "systemd-run" >>"$FAKE/calls"`);
    expect(exercise("600").status).toBe(0);
    const [, id = ""] = host.read(WATCH).trim().split(" ");
    for (const word of words) expect(exercise(word).status).toBe(0);
    expect(host.has(WATCH)).toBe(words.includes("600"));
    if (host.has(WATCH)) expect(host.read(WATCH).trim().split(" ")[1]).not.toBe(id);
  });

  test("words that are none change nothing", () => {
    for (const word of ["", "soon", "-1", "10000"]) {
      expect(exercise(word)).toMatchObject({
        status: 2,
        stderr: expect.stringContaining(
          `'${word}' is no number of seconds from 0 to 9999, and not end`,
        ) as string,
      });
    }
    expect(host.has(WATCH)).toBe(false);
    expect(host.calls()).toEqual([]);
  });
});
