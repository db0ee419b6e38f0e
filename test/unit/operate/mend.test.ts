import type { Diagnosis, Finding, SymptomSeen } from "../../../doctor/model";
import type { Ended, Host } from "../../../operate/host";
import { type Look, mend } from "../../../operate/mend";
import { finding, running } from "../doctor/report/look";

const ended = (code = 0, stdout = "", stderr = ""): Ended => ({ code, stdout, stderr });

/** A pair in memory: what is wrong with it, and what an action changes of that. */
class Patient {
  readonly calls: string[] = [];
  findings: Finding[] = [];
  symptoms: SymptomSeen[] = [];
  readonly effects = new Map<string, () => Ended | void>();

  private host(name: string): Host {
    return {
      address: name,
      agent: ([verb, , ...words]) => {
        const call = [name, verb, ...words].join(" ");
        this.calls.push(call);
        return Promise.resolve(this.effects.get(call)?.() ?? ended(0, "did it\n"));
      },
      startKeepalived: () => Promise.resolve(ended()),
      holding: () => Promise.resolve(),
    };
  }

  look = (): Promise<Look> => {
    const diagnosis: Diagnosis = { symptoms: [...this.symptoms], findings: [...this.findings] };
    return Promise.resolve({ diagnosis, nodes: [running("a", true), running("b", false)] });
  };

  /** An action after which a cause is gone. */
  cures(call: string, cause: string): void {
    this.effects.set(call, () => {
      this.findings = this.findings.filter((one) => one.cause !== cause);
    });
  }

  async mend(only?: Finding["cause"][]) {
    return await mend({
      hosts: [this.host("a"), this.host("b")],
      cluster: "gw",
      first: await this.look(),
      look: this.look,
      only,
      say: () => undefined,
      pause: () => Promise.resolve(),
    });
  }
}

const dual: SymptomSeen = { symptom: "dual-master", evidence: "10.0.0.100 is on a and b" };

test("each is done on its node, until nothing is left", async () => {
  const patient = new Patient();
  patient.findings = [finding("daemon-down", "b", "start-daemon"), finding("fw-drop", "b", "firewall")];
  patient.cures("b repair firewall", "fw-drop");
  patient.cures("b repair start-daemon", "daemon-down");
  const { repairs, last } = await patient.mend();
  expect(patient.calls).toEqual(["b repair firewall", "b repair start-daemon"]);
  expect(repairs.map(({ cause, outcome, words }) => [cause, outcome, words])).toEqual([
    ["fw-drop", "done", "did it"],
    ["daemon-down", "done", "did it"],
  ]);
  expect(last.diagnosis.findings).toEqual([]);
});

test("what comes to light when its cover is gone is repaired, too", async () => {
  const patient = new Patient();
  patient.findings = [finding("daemon-down", "b", "start-daemon")];
  patient.effects.set("b repair start-daemon", () => {
    patient.findings = [finding("state-file-stale", "b", "write-state")];
  });
  patient.cures("b repair write-state", "state-file-stale");
  expect((await patient.mend()).repairs.map(({ outcome }) => outcome)).toEqual(["done", "done"]);
});

test("one that makes it worse is taken back, and nothing is tried after it", async () => {
  const patient = new Patient();
  patient.findings = [finding("daemon-down", "b", "start-daemon"), finding("arp-stale", "a", "announce x y")];
  patient.symptoms = [{ symptom: "degraded", evidence: "b does not run" }];
  patient.effects.set("b repair start-daemon", () => {
    patient.findings = patient.findings.slice(1);
    patient.symptoms = [dual];
  });
  const { repairs } = await patient.mend();
  expect(patient.calls).toEqual(["b repair start-daemon", "b repair --undo start-daemon"]);
  expect(repairs).toMatchObject([
    { outcome: "undone", words: "now there is dual-master: 10.0.0.100 is on a and b; taken back" },
  ]);
});

test("what is worse for a moment only, as when a role changes, is not", async () => {
  const patient = new Patient();
  patient.findings = [finding("daemon-down", "b", "start-daemon")];
  patient.cures("b repair start-daemon", "daemon-down");
  let looks = 0;
  const { look } = patient;
  patient.look = () => {
    patient.symptoms = ++looks === 2 ? [dual] : [];
    return look();
  };
  expect((await patient.mend()).repairs).toMatchObject([{ outcome: "done" }]);
  expect(patient.calls).toEqual(["b repair start-daemon"]);
});

test("one that does not help is taken back, and the next is tried", async () => {
  const patient = new Patient();
  patient.findings = [
    finding("fw-drop", "b", "firewall"),
    finding("daemon-not-enabled", "b", "enable-daemon"),
  ];
  patient.cures("b repair enable-daemon", "daemon-not-enabled");
  patient.effects.set("b repair --undo firewall", () =>
    ended(1, "", "vrrp-agent: b: repair: there is no repair of gw\n"),
  );
  const { repairs } = await patient.mend();
  expect(patient.calls).toEqual(["b repair firewall", "b repair --undo firewall", "b repair enable-daemon"]);
  expect(repairs).toMatchObject([
    { outcome: "no-help", words: "fw-drop is still there; not taken back: there is no repair of gw" },
    { outcome: "done" },
  ]);
});

test("one that has found nothing to do takes back nothing: it would be an older repair", async () => {
  const patient = new Patient();
  patient.findings = [finding("daemon-not-enabled", "b", "enable-daemon")];
  patient.effects.set("b repair enable-daemon", () =>
    ended(0, "nothing to do: keepalived is started at boot\n"),
  );
  const { repairs } = await patient.mend();
  expect(patient.calls).toEqual(["b repair enable-daemon"]);
  expect(repairs).toMatchObject([
    {
      outcome: "no-help",
      words: "daemon-not-enabled is still there; nothing to do: keepalived is started at boot",
    },
  ]);
});

test("one that the agent refuses is told in its words and not tried again", async () => {
  const patient = new Patient();
  patient.findings = [finding("vip-duplicate", "b", "release 10.0.0.100 eth0")];
  patient.effects.set("b repair release 10.0.0.100 eth0", () =>
    ended(1, "", "noise\nvrrp-agent: b: repair: this session came over 10.0.0.100\n"),
  );
  const { repairs } = await patient.mend();
  expect(repairs).toMatchObject([{ outcome: "failed", words: "this session came over 10.0.0.100" }]);
  expect(patient.calls).toHaveLength(1);
});

test("one during which the host is lost ends it: it may still be at it", async () => {
  const patient = new Patient();
  patient.findings = [
    finding("daemon-not-enabled", "a", "enable-daemon"),
    finding("daemon-down", "b", "start-daemon"),
  ];
  patient.effects.set("a repair enable-daemon", () => ended(255, "", "connection lost\n"));
  const { repairs } = await patient.mend();
  expect(patient.calls).toEqual(["a repair enable-daemon"]);
  expect(repairs).toMatchObject([
    { outcome: "cut", words: expect.stringMatching(/^connection lost; it may still/) as string },
  ]);
});

test("one that fails and leaves it worse ends it", async () => {
  const patient = new Patient();
  patient.findings = [finding("daemon-down", "b", "start-daemon"), finding("arp-stale", "a", "announce x y")];
  patient.effects.set("b repair start-daemon", () => {
    patient.symptoms = [dual];
    return ended(1, "", "vrrp-agent: b: repair: it runs, and does not heed\n");
  });
  const { repairs } = await patient.mend();
  expect(patient.calls).toEqual(["b repair start-daemon"]);
  expect(repairs).toMatchObject([
    {
      outcome: "undone",
      words: "it runs, and does not heed; now there is dual-master: 10.0.0.100 is on a and b",
    },
  ]);
});

test("only what was asked for is repaired", async () => {
  const patient = new Patient();
  patient.findings = [finding("fw-drop", "b", "firewall"), finding("ip-forward", "b", "sysctl")];
  patient.cures("b repair sysctl", "ip-forward");
  await patient.mend(["ip-forward"]);
  expect(patient.calls).toEqual(["b repair sysctl"]);
});
