import {
  masterDownInterval,
  takeoverAfterFailingCheck,
  takeoverAfterGracefulStop,
  type VrrpTiming,
} from "../../simulate/timing";

/** What happens between two sites, as data: who is struck, what may follow, and what is promised. */

export type Gateway = "gw-a" | "gw-b";

/** What can be done to a gateway, its machine or its line. */
export const Strike = {
  PowerOff: "power-off",
  Boot: "boot",
  /** The cable of its uplink: it loses the carrier there and keeps its LAN. */
  CutUplink: "cut-uplink",
  PlugUplink: "plug-uplink",
  DeleteInterface: "delete-interface",
  /** `wg set`: the peer is removed, and one with another key is in its place. */
  WrongPeerKey: "wrong-peer-key",
  Reapply: "reapply",
  RestartUnit: "restart-unit",
  /** The router drops the tunnel's UDP, both ways, and nothing else. */
  FilterTunnel: "filter-tunnel",
  PassTunnel: "pass-tunnel",
  /** The router loses `badLine.loss` of the tunnel's packets and delays the others, both ways. */
  BadLine: "bad-line",
  GoodLine: "good-line",
  StopKeepalived: "stop-keepalived",
  StartKeepalived: "start-keepalived",
  /** The target of its uplink check does not answer it. */
  SilenceTarget: "silence-target",
  AnswerTarget: "answer-target",
  /** A script, as guides have it, that takes the address away while the peer does not answer. */
  DropScript: "drop-script",
} as const;
export type Strike = (typeof Strike)[keyof typeof Strike];

/** In percent, and milliseconds each way. */
export const badLine = { loss: 30, delay: 200 } as const;

export interface Step {
  /** In the words of the table. */
  what: string;
  strikes: { do: Strike; node: Gateway }[];
  /** Who must hold in the end; absent: whoever does. */
  after?: readonly Gateway[];
  /** Seconds for which nobody may hold, by the timers; absent: nothing is promised. */
  bound?: number;
  /** From here on the sites do not hear each other, though both live: each has a holder of its own. */
  apart?: boolean;
  /** The sites hear each other again: for a moment both still hold. */
  heals?: boolean;
  /** What was struck is back: nobody may take the address for that. */
  returns?: boolean;
  /** A gateway has no tunnel: its LAN has no way to the address. */
  stranded?: Gateway;
  /** Age of the survivor's last handshake, in seconds, up to which it goes on. */
  handshakeAge?: number;
  /** Seconds that are watched once all is as it must be. @default 8 */
  lasts?: number;
}

export interface Scenario {
  name: string;
  /** Who holds at first. */
  holder: Gateway;
  steps: Step[];
}

/** As in examples/two-sites. */
const timing: VrrpTiming = { version: 3, advertInt: 1, priority: 100 };
export const uplink = { interval: 1, timeout: 1, fall: 2, rise: 10, weight: -1 };

/** The holder is gone without a word. */
const silence = masterDownInterval(timing);
const goodbye = takeoverAfterGracefulStop(timing).max;
/** The holder serves until it hears the next one. */
const handedOver = takeoverAfterFailingCheck(timing, uplink).withoutHolder.max;

/** Until a check that failed has passed again, and what that may move has moved. */
const passing = uplink.rise * uplink.interval + 8;

const peerOf = (node: Gateway): Gateway => (node === "gw-a" ? "gw-b" : "gw-a");
const both: readonly Gateway[] = ["gw-a", "gw-b"];
/** After two masters have heard each other, the one with the higher address stays. */
const higher: Gateway = "gw-b";

const untilOld = (age?: number) => (age === undefined ? "" : `, until the last handshake is ${age} s old`);

function powerLoss(name: string, holder: Gateway, handshakeAge?: number): Scenario {
  const after = [peerOf(holder)];
  return {
    name,
    holder,
    steps: [
      {
        what: `${holder} loses power${untilOld(handshakeAge)}`,
        strikes: [{ do: Strike.PowerOff, node: holder }],
        after,
        bound: silence,
        stranded: holder,
        handshakeAge,
      },
      {
        what: "power is back",
        strikes: [{ do: Strike.Boot, node: holder }],
        after,
        bound: 0,
        returns: true,
      },
    ],
  };
}

/** Two sites that live and do not hear each other, and then do. */
function cut(
  name: string,
  holder: Gateway,
  [what, strike]: [string, Strike],
  [restored, restore]: [string, Strike],
  winner: Gateway,
  handshakeAge?: number,
): Scenario {
  return {
    name,
    holder,
    steps: [
      {
        what: `${what}${untilOld(handshakeAge)}`,
        strikes: [{ do: strike, node: holder }],
        after: both,
        bound: 0,
        apart: true,
        handshakeAge,
      },
      {
        what: restored,
        strikes: [{ do: restore, node: holder }],
        after: [winner],
        bound: 0,
        heals: true,
        returns: true,
        lasts: passing,
      },
    ],
  };
}

function interfaceDeleted(name: string, holder: Gateway, restore: Strike, words: string): Scenario {
  const after = [peerOf(holder)];
  return {
    name,
    holder,
    steps: [
      {
        what: `\`ip link delete wg0\` on ${holder}`,
        strikes: [{ do: Strike.DeleteInterface, node: holder }],
        after,
        bound: silence,
        stranded: holder,
      },
      { what: words, strikes: [{ do: restore, node: holder }], after, bound: 0, returns: true },
    ],
  };
}

/** The target of the uplink check answers some of the gateways no more. */
function silentTarget(name: string, holder: Gateway, struck: readonly Gateway[], winner: Gateway): Scenario {
  const onAll = (strike: Strike) => struck.map((node) => ({ do: strike, node }));
  const after = [winner];
  return {
    name,
    holder,
    steps: [
      {
        what: `the uplink target answers ${struck.join(" and ")} no more`,
        strikes: onAll(Strike.SilenceTarget),
        after,
        bound: handedOver,
        // Time enough for a takeover that there must not be.
        lasts: 12,
      },
      {
        what: "it answers again",
        strikes: onAll(Strike.AnswerTarget),
        after,
        bound: 0,
        returns: true,
        lasts: passing,
      },
    ],
  };
}

/** Seconds after which WireGuard has forgotten a session (180): the next packet needs a handshake first. */
const noSession = 200;

const uplinkCut = (name: string, holder: Gateway, handshakeAge?: number) =>
  cut(
    name,
    holder,
    [`the uplink of ${holder} is pulled out`, Strike.CutUplink],
    ["it is plugged in again", Strike.PlugUplink],
    // Its check fails and it comes back with less.
    peerOf(holder),
    handshakeAge,
  );
const filtered = (name: string, holder: Gateway) =>
  cut(
    name,
    holder,
    ["the tunnel's UDP is filtered on the way", Strike.FilterTunnel],
    ["it is let through again", Strike.PassTunnel],
    higher,
  );

export const scenarios: readonly Scenario[] = [
  powerLoss("power-loss-a", "gw-a", noSession),
  powerLoss("power-loss-b", "gw-b"),
  uplinkCut("uplink-cut-a", "gw-a"),
  uplinkCut("uplink-cut-b", "gw-b"),
  uplinkCut("uplink-cut-b-long", "gw-b", noSession),
  interfaceDeleted("interface-deleted-a", "gw-a", Strike.Reapply, "`vrrp-agent reapply sites`"),
  interfaceDeleted("interface-deleted-b", "gw-b", Strike.RestartUnit, "`systemctl restart wg-quick@wg0`"),
  cut(
    "wrong-peer-key",
    "gw-a",
    ["`wg set`: another peer key on gw-a", Strike.WrongPeerKey],
    ["`vrrp-agent reapply sites`", Strike.Reapply],
    higher,
  ),
  filtered("filtered-a", "gw-a"),
  filtered("filtered-b", "gw-b"),
  {
    name: "bad-line",
    holder: "gw-b",
    steps: [
      {
        what: `${badLine.loss} % loss and ${badLine.delay} ms delay each way, for a minute`,
        strikes: [{ do: Strike.BadLine, node: "gw-b" }],
        lasts: 60,
        apart: true,
      },
      {
        what: "the line is good again",
        strikes: [{ do: Strike.GoodLine, node: "gw-b" }],
        heals: true,
      },
    ],
  },
  {
    name: "keepalived-stopped",
    holder: "gw-b",
    steps: [
      {
        what: "`systemctl stop keepalived` on gw-b",
        strikes: [{ do: Strike.StopKeepalived, node: "gw-b" }],
        after: ["gw-a"],
        bound: goodbye,
      },
      {
        what: "it is started again",
        strikes: [{ do: Strike.StartKeepalived, node: "gw-b" }],
        after: ["gw-a"],
        bound: 0,
        returns: true,
      },
    ],
  },
  silentTarget("target-silent-a", "gw-a", ["gw-a"], "gw-b"),
  silentTarget("target-silent-all", "gw-b", both, "gw-b"),
  // Not ours: to see what comes of it.
  {
    name: "drop-script-power-loss",
    holder: "gw-a",
    steps: [
      {
        what: "gw-a loses power; a script on gw-b drops the address while gw-a does not answer",
        strikes: [
          { do: Strike.PowerOff, node: "gw-a" },
          { do: Strike.DropScript, node: "gw-b" },
        ],
        stranded: "gw-a",
        lasts: 20,
      },
    ],
  },
  {
    name: "drop-script-cut",
    holder: "gw-a",
    steps: [
      {
        what: "the tunnel's UDP is filtered on the way; such a script on both",
        strikes: [
          { do: Strike.FilterTunnel, node: "gw-a" },
          { do: Strike.DropScript, node: "gw-a" },
          { do: Strike.DropScript, node: "gw-b" },
        ],
        apart: true,
        lasts: 20,
      },
    ],
  },
];

/** The scenario of that name. */
export function scenarioNamed(name: string): Scenario {
  const found = scenarios.find((one) => one.name === name);
  if (found === undefined)
    throw new Error(`scenario ${name}: allowed are ${scenarios.map((one) => one.name).join(", ")}`);
  return found;
}
