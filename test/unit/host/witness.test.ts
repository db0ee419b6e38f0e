import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { join } from "node:path";
import fc from "fast-check";

import { type Reply, type Seen, type Votes, Word, round, started, termsOf } from "../../../simulate/votes";
import { FakeHost, type Shell, SHELLS } from "./fake-host";

const PROGRAM = join(__dirname, "../../../host/vrrp-check");
const STATE = "run/vrrp-agent/gw/witness/state";
const TTL = 10;
const terms = termsOf(TTL);

const NODE_CONF = `cluster gw
node a
interface eth0
source 10.0.0.1 eth0
instance gw 4 51 eth0
vip gw 10.0.0.100/24 eth0
peer b 10.0.0.2
witness lease ${TTL}
witness-endpoint http://192.0.2.9:2379
check web http 2 2 2 yield 2
check disk command 2 2 2 fault 2
check witness witness 2 1 1 fault 2
`;

/** The peer's answers are files; to the kernel a word that is not told is silent for as long as anybody waits. */
const PING = `for last; do :; done; [ -e "$FAKE/answers.$last" ] && echo "64 bytes from $last" || exec /bin/sleep 5`;
/** An etcd of one key: its value and its lease in the file etcd; leases that live are files. */
const CURL = `
  config=$(cat)
  [ ! -e "$FAKE/etcd-silent" ] || exit 28
  printf '%s\\n' "$config" | sed -n 's/.*"ID\\\\*": *\\([0-9][0-9]*\\).*/\\1/p' | head -n 1 >"$FAKE/id"
  read -r id <"$FAKE/id" || id=0
  printf '%s\\n' "$config" | sed -n 's|^url = ".*/v3/\\([a-z/]*\\)"$|\\1|p' >"$FAKE/urls"
  while read -r url; do
    echo "$url" >>"$FAKE/asked"
    case $url in
    lease/keepalive) if [ -e "$FAKE/lease.$id" ]; then echo '{"result":{"header":{},"TTL":"${TTL}"}}'; else echo '{"result":{"header":{}}}'; fi ;;
    lease/grant) : >"$FAKE/lease.$id"; echo '{"header":{}}' ;;
    lease/revoke) rm -f "$FAKE/lease.$id" "$FAKE/etcd"; echo '{"header":{}}' ;;
    kv/range) if [ -e "$FAKE/etcd" ]; then cat "$FAKE/etcd"; else echo '{"header":{}}'; fi ;;
    kv/txn)
      if [ -e "$FAKE/etcd" ]; then echo '{"header":{}}'; else
        printf '{"header":{},"kvs":[{"value":"%s","lease":"%s"}]}\\n' "$(printf a | base64)" "$id" >"$FAKE/etcd"
        echo '{"header":{},"succeeded":true}'
      fi ;;
    esac
  done <"$FAKE/urls"`;

const IP = `
  case $* in
  "-o address show dev "*) cat "$FAKE/addresses.$5" ;;
  *batch*) cat >>"$FAKE/batch" ;;
  esac`;

const stances = ["hold", "claim", "vote", "yield", "none", undefined] as const;

/** What a node meets in a round. */
interface Met {
  stance: (typeof stances)[number];
  health: "well" | "ill";
  etcd: "goes on" | "silent" | "expires" | "is the peer's";
  hasAddresses: boolean;
  fails?: "web" | "disk" | "old" | "carrier" | "drained";
  /** Seconds since the round before. */
  after: number;
}

const met: fc.Arbitrary<Met> = fc.record({
  stance: fc.constantFrom(...stances),
  health: fc.constantFrom("well", "ill"),
  etcd: fc.constantFrom("goes on", "goes on", "goes on", "silent", "expires", "is the peer's"),
  hasAddresses: fc.boolean(),
  fails: fc.constantFrom(
    undefined,
    undefined,
    undefined,
    undefined,
    "web",
    "disk",
    "old",
    "carrier",
    "drained",
  ),
  after: fc.constantFrom(1, 1, 2, 12),
});

/** What a round comes to. */
interface Came {
  result: "hold" | "fault";
  stand: string;
  tells: Word[];
  /** Seconds that the addresses have from now on, where they are here; 0: as before. */
  lifetime: number;
}

/** The node `a` of a pair with a witness, whose rounds are run by the host's program. */
class Node {
  private time = 1000;
  /** Who has the key, as the fake knows it. */
  private key?: "a" | "b";

  private constructor(
    private readonly host: FakeHost,
    private readonly shell: Shell,
  ) {}

  static async create(shell: Shell): Promise<Node> {
    const host = await FakeHost.create(shell);
    host.program("ping", PING);
    host.program("curl", CURL);
    host.program("ip", IP);
    host.program("logger", ":");
    // Time passes by what a round waits; the pings need a moment of ours, too.
    host.program(
      "sleep",
      `/bin/sleep 0.03; awk '{ printf "%.2f 0\\n", $1 + 0.1 }' "$VRRP_ROOT/proc/uptime" >"$FAKE/up" && cp "$FAKE/up" "$VRRP_ROOT/proc/uptime"`,
    );
    host.write("/etc/vrrp-agent/gw/node.conf", NODE_CONF);
    host.write("/sys/class/net/eth0/flags", "0x1003\n");
    return new Node(host, shell);
  }

  close(): void {
    this.host.close();
  }

  /** One round; what came of it, and what the model would have seen in it. */
  round(now: Met): { came: Came; seen: Seen; granted: () => boolean | undefined } {
    this.host.state("batch");
    this.time += now.after;
    this.host.uptime(this.time);
    this.meet(now);
    const [program = "", ...before] = this.host.command;
    const { status, stderr } = spawnSync(program, [...before, PROGRAM, "gw", "witness"], {
      env: this.host.env,
      encoding: "utf8",
    });
    expect(stderr).toBe("");
    const ended = Number(this.host.read("proc/uptime").split(" ")[0]);
    const words = new Set<Word>();
    if (now.stance !== undefined && now.stance !== "none") words.add(now.stance);
    if (now.stance !== undefined && now.health === "well") words.add(Word.Well);
    const seen: Seen = {
      askedAt: this.time * 1e6,
      now: Math.round(ended * 1e6),
      words,
      isFit: now.fails !== "disk" && now.fails !== "old" && now.fails !== "carrier",
      isWell: now.fails === undefined,
      hasAddresses: now.hasAddresses,
      isFirst: true,
    };
    this.time = Math.ceil(ended);
    const batch = this.host.read("fake/batch");
    const came = {
      result: status === 0 ? ("hold" as const) : ("fault" as const),
      stand: /^stand (.*)$/m.exec(this.host.read(STATE))![1]!,
      tells: Object.values(Word).filter((word) =>
        batch.includes(`address replace ${wordAddress("a", word)}/128 dev eth0 nodad valid_lft 4 `),
      ),
      lifetime: Number(/address change 10\.0\.0\.100\S* dev eth0 valid_lft (\d+)/.exec(batch)?.[1] ?? 0),
    };
    return { came, seen, granted: () => this.granted(now) };
  }

  /** The exit status of a run that knows nothing, after one that was good. */
  runWithoutConf(): number | null {
    this.host.write(
      "/run/vrrp-agent/gw/checks/witness",
      "kind witness\nverdict passing\ncondition passing\nrow 9\n",
    );
    this.host.remove("etc/vrrp-agent/gw/node.conf");
    const [program = "", ...before] = this.host.command;
    return spawnSync(program, [...before, PROGRAM, "gw", "witness"], { env: this.host.env }).status;
  }

  /** Puts what is met where the fakes look for it. */
  private meet({ stance, health, etcd, hasAddresses, fails }: Met): void {
    const { host } = this;
    for (const word of ["hold", "claim", "vote", "yield", "none", "well", "ill"]) {
      const isTold = stance !== undefined && (word === stance || word === health);
      const name = `answers.${wordAddress("b", word)}`;
      if (isTold) host.state(name);
      else this.forget(name);
    }
    if (etcd === "silent") host.state("etcd-silent");
    else this.forget("etcd-silent");
    if (etcd === "expires") this.expire();
    if (etcd === "is the peer's" && this.key === undefined) {
      this.key = "b";
      host.state("etcd", `{"header":{},"kvs":[{"value":"${btoa("b")}","lease":"77"}]}\n`);
    }
    host.addresses("eth0", ["10.0.0.1/24", ...(hasAddresses ? ["10.0.0.100/24"] : [])]);
    host.write("/sys/class/net/eth0/operstate", fails === "carrier" ? "down\n" : "up\n");
    for (const check of ["web", "disk"]) {
      // Three intervals, the timeout and 5 s.
      const ran = this.time - (fails === "old" && check === "disk" ? 14 : 13);
      host.write(
        `/run/vrrp-agent/gw/checks/${check}`,
        `verdict passing\nrow 1\ncondition ${fails === check ? "failing" : "passing"}\nran ${ran}\n`,
      );
    }
    if (fails === "drained") host.write("/var/lib/vrrp-agent/gw/drain", "1 drain\n");
    else if (host.has("var/lib/vrrp-agent/gw/drain")) host.remove("var/lib/vrrp-agent/gw/drain");
  }

  private forget(name: string): void {
    if (this.host.has(`fake/${name}`)) this.host.withoutState(name);
  }

  private expire(): void {
    this.forget("etcd");
    this.key = undefined;
  }

  /** What an etcd that is in this state answers to a request to take or renew. */
  private granted({ etcd }: Met): boolean | undefined {
    if (etcd === "silent") return undefined;
    return this.key !== "b" && (etcd !== "expires" || !this.hadLease);
  }

  /** Whether the key was this node's before it expired. */
  hadLease = false;

  learnKey(): void {
    this.key = !this.host.has("fake/etcd")
      ? undefined
      : this.host.read("fake/etcd").includes('"77"')
        ? "b"
        : "a";
    this.hadLease = this.key === "a";
  }
}

const wordAddress = (node: string, word: string) =>
  createHash("sha256")
    .update(`gw ${node} ${word} witness`)
    .digest("hex")
    .replace(/^(....)(....)(....)(....).*/, "fe80::$1:$2:$3:$4");

/** A round of the model, with what the host has seen. */
function modelled(state: Votes, seen: Seen, granted: () => boolean | undefined) {
  const running = round(state, seen, terms);
  let step = running.next();
  while (step.done !== true) {
    const isAsked = step.value.do === "take" || step.value.do === "renew";
    const reply: Reply = { now: seen.now, ...(isAsked && { granted: granted() }) };
    step = running.next(reply);
  }
  return step.value;
}

describe.each(SHELLS)("a round of votes under %s", (shell) => {
  test("cannot be made where node.conf is gone, and then nobody holds", async () => {
    const node = await Node.create(shell);
    try {
      expect(node.runWithoutConf()).toBe(1);
    } finally {
      node.close();
    }
  });

  const stories = fc.sample(fc.array(met, { minLength: 25, maxLength: 25 }), { numRuns: 4, seed: 6 });

  test.each(stories.map((story, i) => [i, story] as const))(
    "says and becomes what the model says, whatever it meets: story %i",
    async (_i, story) => {
      const node = await Node.create(shell);
      try {
        let state: Votes | undefined;
        for (const [i, now] of story.entries()) {
          const { came, seen, granted } = node.round(now);
          state ??= started(seen.askedAt, terms);
          const outcome = modelled(state, seen, granted);
          const { result, tells, lifetime } = outcome;
          expect({ i, now, ...came }).toEqual({
            i,
            now,
            result,
            stand: outcome.state.stand,
            tells: Object.values(Word).filter((word) => tells.has(word)),
            lifetime: now.hasAddresses ? lifetime : 0,
          });
          state = outcome.state;
          node.learnKey();
        }
      } finally {
        node.close();
      }
    },
    60_000,
  );
});
