import { stoppedBy, testedBy, textOf } from "../../spec/rules/commands";
import { stateOf, WantedAction, wantedActions, WantedCheck, wantedChecks } from "../facts";
import { Confidence, type Finding } from "../model";
import { ClusterView, Member } from "./cluster";
import { known } from "./conf";
import { because, bySpec, found } from "./found";
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

const isMaster = ({ view, wanted }: Member) => wanted.some(({ name }) => stateOf(view, name) === "MASTER");

/** What an action stops on a backup, a check there finds missing: nobody can take over. */
export function checkLoops(cluster: ClusterView): Finding[] {
  const loops = cluster.seen.flatMap((member) => {
    const programs = programsOf(cluster, member);
    const actions = wantedActions(member.view);
    return checksOf(member).flatMap((check) => {
      const tested = testedIn(check, programs);
      return actions.flatMap((action) => {
        const stopped = stoppedOnBackup(action, programs);
        const what = stopped.find((name) => tested.includes(name));
        if (what !== undefined) return [{ member, check, action, what, isNamed: true }];
        // Where no name tells it, its coming and going with the role does.
        const follows =
          stopped.length > 0 &&
          OF_SERVICES.includes(check.kind) &&
          !isMaster(member) &&
          isFailing(member, check.name) &&
          cluster.seen.some((other) => isMaster(other) && other.view.has("check-run", check.name, "passing"));
        return follows ? [{ member, check, action, what: stopped[0]!, isNamed: false }] : [];
      });
    });
  });
  const byCheck = new Map(loops.map((loop) => [`${loop.check.name} ${loop.action.name}`, loop]));
  return [...byCheck.values()].map((first) => {
    const same = loops.filter(
      ({ check, action }) => check.name === first.check.name && action.name === first.action.name,
    );
    const hit = same.find(({ member, check }) => isFailing(member, check.name)) ?? same[0]!;
    const { member, check, action, what, isNamed } = hit;
    const failing = isFailing(member, check.name);
    return found("check-loop", {
      node: member.name,
      confidence: isNamed ? Confidence.Certain : Confidence.Likely,
      evidence: [
        `the action ${action.name} stops ${what} on a backup, and the check ${check.name} tests ${isNamed ? `whether ${what} runs` : "what it serves, as far as can be seen"}`,
        ...(failing ? [`the check ${check.name} fails on ${member.name}, which is no master`] : []),
      ],
      ruledOut: [because("check-failing", `${what} is stopped because ${member.name} is no master`)],
      fix: bySpec(
        `leave ${what} running on a backup (onBackup: 'none'), or check something that does not depend on the role`,
        [
          `- role.actions[${action.name}].onBackup: 'stop'`,
          `+ role.actions[${action.name}].onBackup: 'none'`,
        ],
      ),
    });
  });
}
