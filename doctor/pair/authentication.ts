import { fileState, vips } from "../facts";
import { Confidence, type Finding } from "../model";
import { instancesOf } from "./agreement";
import { blame } from "./blame";
import { ClusterView, loadedOf, Member } from "./cluster";
import { confPath, instanceIn, known } from "./conf";
import { discarded, discards } from "./discards";
import { because, bySpec, found, list, putBack } from "./found";
import { strangersOf } from "./strangers";

/** Nodes that authenticate each other differently. */
export function authentication(cluster: ClusterView): Finding[] {
  if (cluster.seen.some(({ isPending }) => isPending)) return [];
  return instancesOf(cluster).flatMap((instance) => {
    const kinds = cluster.seen.flatMap((member) => {
      const kind = kindOf(member, instance);
      return kind === undefined ? [] : [{ member, kind }];
    });
    const isOther = new Set(kinds.map(({ kind }) => kind)).size > 1;
    const changed = cluster.seen.filter(isChanged);
    const refused = discards(cluster, instance, "auth");
    const isAuthenticated = kinds.some(({ kind }) => kind !== "none");
    const isByPassword =
      !isOther &&
      isAuthenticated &&
      (refused.length > 0 || isLogged(cluster, instance)) &&
      strangersOf(cluster).every((stranger) => stranger.instance !== instance);
    if (!isOther && !isByPassword) return [];
    const members = kinds.map(({ member }) => member);
    const blamed = changed.find((member) => members.includes(member)) ?? inDoubt(cluster, members);
    if (blamed === undefined) return [];
    const others = members.filter((member) => member !== blamed).map(({ name }) => name);
    const own = kinds.find(({ member }) => member === blamed)?.kind;
    return [
      found("conf-auth", {
        node: blamed.name,
        confidence: isOther ? Confidence.Certain : Confidence.Likely,
        evidence: [
          isOther
            ? `authentication of ${instance} is ${own} on ${blamed.name}, and ${list(kinds.filter(({ member }) => member !== blamed).map(({ member, kind }) => `${kind} on ${member.name}`))}`
            : `${blamed.name} and ${list(others)} have not the same password for ${instance}`,
          ...(changed.includes(blamed)
            ? [`what was applied there for it has been changed on ${blamed.name}`]
            : []),
          ...discarded(cluster, instance, "auth"),
        ],
        ruledOut: [because("conf-foreign-vrid", "nobody but the nodes sends adverts of this virtual router")],
        fix: changed.includes(blamed)
          ? putBack(cluster.name, blamed.name, `authentication of ${instance}`)
          : bySpec(`give all nodes the same authPass`, [
              "- authPass: (that of one of the nodes)",
              "+ authPass: (one for all nodes)",
            ]),
      }),
    ];
  });
}

function kindOf(member: Member, instance: string): string | undefined {
  const loaded = loadedOf(member, instance)?.auth;
  if (loaded !== undefined) return loaded;
  const read = instanceIn(member.conf, instance);
  return read === undefined || typeof read.authType === "symbol"
    ? undefined
    : (known(read.authType) ?? "none");
}

/** The include with the password, or the file that names it. */
function isChanged({ view, conf, applied }: Member): boolean {
  const secrets = view.all("file").filter(([, path = ""]) => path.endsWith(".auth.conf"));
  if (secrets.some(([, , is]) => is !== "same" && is !== "mode")) return true;
  const path = confPath(view);
  if (path === undefined || fileState(view, path) === "same" || applied === undefined) return false;
  return authLines(conf?.trees[0]?.text) !== authLines(applied.trees[0]?.text);
}

/** What of a file is about authentication; passwords are not told. */
function authLines(text = ""): string {
  return text
    .split("\n")
    .filter((line) => /auth/.test(line) && !/^\s*[#!]/.test(line))
    .map((line) => line.trim())
    .join("\n");
}

/** Counters are not everywhere, and count every other advert: two masters that hear each other, of which one drops that. */
function isLogged(cluster: ClusterView, instance: string): boolean {
  const masters = cluster.seen.filter(({ view }) =>
    vips(view).some((vip) => vip.instance === instance && vip.isHeld),
  );
  const isHeard = masters.some(({ view }) =>
    view.all("came").some((fact) => fact[4] === "advert" && Number(fact[7]) > 0),
  );
  return masters.length > 1 && isHeard && cluster.seen.some(({ view }) => view.has("log", "auth"));
}

function inDoubt(cluster: ClusterView, members: Member[]): Member | undefined {
  const ways = members.flatMap((from) => members.filter((to) => to !== from).map((to) => ({ from, to })));
  return blame(cluster, ways)[0]?.node;
}
