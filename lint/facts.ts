import { Position, ReadConf, Statement } from "../conf";
import { HostFacts, HostKeyword, HostScript, sinceOf, UNKNOWN } from "../spec";
import { LintHost } from "./hosts";
import { gapsOf, isOn, LintMember } from "./members";
import { Places } from "./model";

/** What a configuration says beside its instances, and where. */
export interface HostReading {
  facts: HostFacts;
  places: Places;
}

export function readHost({ node, conf }: LintHost, members: LintMember[]): HostReading {
  const { any, top } = gapsOf(conf);
  const { globals } = conf;
  const globalWords = globals.blocks.flatMap((block) => block.body ?? []);
  const of = (keyword: string) => globalWords.find((statement) => statement.keyword === keyword);
  const canMail = of("smtp_server") !== undefined && (of("notification_email")?.body ?? []).length > 0;
  const wishes = [
    ...["smtp_alert", "smtp_alert_vrrp"].map(of),
    ...[...conf.instances, ...conf.syncGroups].map(({ statement }) =>
      statement.body?.find(({ keyword }) => keyword === "smtp_alert"),
    ),
  ].filter(isOn);
  const scripts = readScripts(conf);
  const keywords = newKeywords(conf.statements);
  return {
    facts: {
      node,
      routerId: top && globals.routerId === undefined ? UNKNOWN : globals.routerId,
      scriptUser: top && globals.scriptUser === undefined ? UNKNOWN : globals.scriptUser,
      scriptSecurity: top && !globals.enableScriptSecurity ? UNKNOWN : globals.enableScriptSecurity,
      scripts: any
        ? scripts.map(({ script }) => ({ ...script, isTracked: true }))
        : scripts.map(({ script }) => script),
      canMail: any && !canMail ? UNKNOWN : canMail,
      mailWanted: wishes.length > 0,
      keywords: keywords.map(({ keyword }) => keyword),
      instances: members,
    },
    places: {
      ...globals.positions,
      ...Object.fromEntries(scripts.flatMap(({ places }, i) => placesOf(places, i))),
      ...Object.fromEntries(keywords.map(({ position }, i) => [`keywords[${i}]`, position])),
      ...Object.fromEntries(wishes.slice(0, 1).map((statement) => ["mail", statement!.position])),
    },
  };
}

function placesOf(places: Places, index: number): [string, Places[string]][] {
  return Object.entries(places).map(([property, place]) => [
    property === "" ? `scripts[${index}]` : `scripts[${index}].${property}`,
    place,
  ]);
}

/** Names that a `track_script` block of an instance or a sync group lists. */
function trackedNames(conf: ReadConf): Set<string> {
  const blocks = [...conf.instances, ...conf.syncGroups].flatMap(({ statement }) =>
    (statement.body ?? []).filter(({ keyword }) => keyword === "track_script"),
  );
  return new Set(blocks.flatMap((block) => (block.body ?? []).map(({ keyword }) => keyword)));
}

function readScripts(conf: ReadConf): { script: HostScript; places: Places }[] {
  const tracked = trackedNames(conf);
  return conf.scripts
    .filter(({ unknown }) => !unknown)
    .map(({ check, user, statement, positions }) => {
      const command = statement.body?.find(({ keyword }) => keyword === "script");
      return {
        script: {
          name: check.name,
          words: (command?.args ?? []).map(({ text, quoted }) => ({ text, quoted })),
          interval: check.interval,
          timeout: check.timeout,
          user,
          isTracked: tracked.has(check.name),
        },
        places: {
          "": statement.position,
          ...positions,
          ...(command === undefined ? {} : { script: command.position }),
        },
      };
    });
}

/** Words that not every version in use knows, each in its block. */
export function newKeywords(
  statements: Statement[],
  block = "top",
): { keyword: HostKeyword; position: Position }[] {
  return statements.flatMap(({ keyword, position, args, body = [] }) => {
    const isList = block === "unicast_peer";
    const words = isList
      ? args.map((arg) => ({ name: arg.text, position: arg.position }))
      : [{ name: keyword, position }];
    const inner = block === "top" || keyword === "unicast_peer" ? keyword : "";
    return [
      ...words.flatMap(({ name, position: place }) => {
        const since = sinceOf(block, name);
        return since === undefined ? [] : [{ keyword: { name, since }, position: place }];
      }),
      ...newKeywords(body, inner),
    ];
  });
}
