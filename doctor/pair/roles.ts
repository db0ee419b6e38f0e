import { stoppedBy, testedBy, textOf } from "../../spec/rules/commands";
import { WantedAction, wantedActions, WantedCheck, wantedChecks } from "../facts";
import { Confidence, type Finding } from "../model";
import { ClusterView, isMaster, Member } from "./cluster";
import { known } from "./conf";
import { because, bySpec, found } from "./found";
import { stoppedInScripts, testedInScripts } from "./lines";
import { programsOf } from "./programs";

const setting = (settings: { key: string; value: string }[], key: string) =>
  settings.find((one) => one.key === key)?.value;

const unit = (name: string) => name.replace(/\.service$/, "").replace(/^.*\//, "");

/** What an action stops on a backup. */
function stoppedOnBackup(action: WantedAction, programs: Record<string, string>): string[] {
  const { kind, settings } = action;
  const onBackup = setting(settings, "on-backup") ?? "";
  if (kind === "command") return stoppedBy(textOf(onBackup, programs));
  if (kind !== "service" || !["stop", "mask"].includes(onBackup)) return [];
  const service = setting(settings, "service");
  return service !== undefined
    ? [unit(service)]
    : stoppedBy(textOf(setting(settings, "stop") ?? "", programs));
}

/** What a check tests, by name. */
function testedIn({ kind, settings }: WantedCheck, programs: Record<string, string>): string[] {
  if (kind === "process") return [unit(setting(settings, "process") ?? "")];
  return kind === "command" ? testedBy(textOf(setting(settings, "command") ?? "", programs)) : [];
}

/** All that keepalived asks: the checks of the spec, and what its configuration has beside them. */
function checksOf({ view, conf }: Member): WantedCheck[] {
  const wanted = wantedChecks(view);
  const isOther = ({ name }: WantedCheck) => !wanted.some((check) => check.name === name);
  const tracked = new Set(
    (conf?.instances ?? []).flatMap(({ config: { trackScripts, trackProcesses } }) =>
      [trackScripts, trackProcesses].flatMap((list) =>
        (known(list) ?? []).flatMap((one) => known(one)?.name ?? []),
      ),
    ),
  );
  const scripts = (conf?.scripts ?? []).map(({ check }) => asCheck(check.name, "command", check.script));
  const processes = (conf?.processes ?? []).map(({ check }) => asCheck(check.name, "process", check.process));
  return [...wanted, ...[...scripts, ...processes].filter((one) => isOther(one) && tracked.has(one.name))];
}

const asCheck = (name: string, kind: "command" | "process", tests: string): WantedCheck => ({
  name,
  kind,
  settings: [{ key: kind, value: tests }],
});

/** Kinds of checks that test something which answers on the host, whatever its name. */
const OF_SERVICES = ["tcp", "http", "command", "process"];

function isFailing({ view }: Member, check: string): boolean {
  return view.has("check-run", check, "failing") || ["failing"].includes(view.one("check", check)?.[3] ?? "");
}

/** What happens where a node becomes backup. */
interface Hook {
  name: string;
  /** The hook in words. */
  words: string;
  /** What it stops by what its own command says. */
  stops: string[];
  /** What a script stops that it runs: whether it comes so far is seen only by what has happened. */
  mayStop: string[];
  specChange: string[];
}

function hooksOf(member: Member, programs: Record<string, string>): Hook[] {
  const actions = wantedActions(member.view).map((action): Hook => {
    const { name, kind, settings } = action;
    const [onBackup = "", stop = ""] = ["on-backup", "stop"].map((key) => setting(settings, key));
    const command = kind === "command" ? onBackup : ["stop", "mask"].includes(onBackup) ? stop : "";
    return {
      name,
      words: `the action ${name}`,
      stops: stoppedOnBackup(action, programs),
      mayStop: stoppedInScripts(member, command),
      specChange: [`- role.actions[${name}].onBackup: 'stop'`, `+ role.actions[${name}].onBackup: 'none'`],
    };
  });
  // What their own commands stop, the rules of the configuration tell.
  const programsRun = (member.conf?.instances ?? []).flatMap(({ name, config }) =>
    (["notifyBackup", "notifyFault"] as const).map((property): Hook => ({
      name: `${name} ${property}`,
      words: `the program of ${property}`,
      stops: [],
      mayStop: stoppedInScripts(member, known(config[property]) ?? ""),
      specChange: [`- ${property}: '${(known(config[property]) ?? "").split(" ")[0]} ...'`],
    })),
  );
  return [...actions, ...programsRun];
}

interface Loop {
  member: Member;
  check: WantedCheck;
  hook: Hook;
  what: string;
  isNamed: boolean;
}

/** A check of a node with what it tests by name. */
interface Tested {
  member: Member;
  check: WantedCheck;
  tested: string[];
}

function loopOf(cluster: ClusterView, { member, check, tested }: Tested, hook: Hook): Loop[] {
  const named = hook.stops.find((name) => tested.includes(name));
  if (named !== undefined) return [{ member, check, hook, what: named, isNamed: true }];
  if (isMaster(member) || !isFailing(member, check.name)) return [];
  const stops = [...hook.stops, ...hook.mayStop];
  const inScripts = testedInScripts(member, setting(check.settings, "command") ?? "");
  const what = stops.find((name) => [...tested, ...inScripts].includes(name));
  if (what !== undefined) return [{ member, check, hook, what, isNamed: true }];
  // Where no name tells it, its coming and going with the role does.
  const likely = hook.stops[0] ?? hook.mayStop.find((name) => name === check.name);
  const follows =
    likely !== undefined &&
    OF_SERVICES.includes(check.kind) &&
    cluster.seen.some((other) => isMaster(other) && other.view.has("check-run", check.name, "passing"));
  return follows ? [{ member, check, hook, what: likely, isNamed: false }] : [];
}

/** What is stopped on a backup, a check there finds missing: nobody can take over. */
export function checkLoops(cluster: ClusterView): Finding[] {
  const loops = cluster.seen.flatMap((member) => {
    const programs = programsOf(cluster, member);
    const hooks = hooksOf(member, programs);
    return checksOf(member).flatMap((check) => {
      const tested = testedIn(check, programs);
      return hooks.flatMap((hook) => loopOf(cluster, { member, check, tested }, hook));
    });
  });
  const byCheck = new Map(loops.map((loop) => [`${loop.check.name} ${loop.hook.name}`, loop]));
  return [...byCheck.values()].map((first) => {
    const same = loops.filter(
      ({ check, hook }) => check.name === first.check.name && hook.name === first.hook.name,
    );
    const hit = same.find(({ member, check }) => isFailing(member, check.name)) ?? same[0]!;
    const { member, check, hook, what, isNamed } = hit;
    const failing = isFailing(member, check.name);
    return found("check-loop", {
      node: member.name,
      confidence: isNamed ? Confidence.Certain : Confidence.Likely,
      evidence: [
        `${hook.words} stops ${what} on a backup, and the check ${check.name} tests ${isNamed ? `whether ${what} runs` : "what it serves, as far as can be seen"}`,
        ...(failing ? [`the check ${check.name} fails on ${member.name}, which is no master`] : []),
      ],
      ruledOut: [because("check-failing", `${what} is stopped because ${member.name} is no master`)],
      fix: bySpec(
        `leave ${what} running on a backup, or check something that does not depend on the role`,
        hook.specChange,
      ),
    });
  });
}
