import { UNKNOWN } from "../../spec";
import { statementsOf } from "../expand";
import {
  ConfFile,
  Note,
  ReadConf,
  ReadGlobals,
  ReadOptions,
  ReadSyncGroup,
  Statement,
  SyntaxTree,
} from "../model";
import { Block, Context, quote } from "./block";
import { readInstance } from "./instance";
import { GLOBAL_DEFS, SYNC_GROUP, TOP_LEVEL, VIRTUAL_SERVER } from "./keywords";
import { withoutSecrets } from "./secrets";
import {
  nameOf,
  readBfd,
  readProcess,
  readScript,
  readTrackFile,
  readTracks,
  unresolvedTracks,
} from "./tracking";

/**
 * Reads the configuration of one host: the first file, and of the others those that it includes. Never throws; what
 * is wrong or cannot be known is in `notes`.
 */
export function readConf(files: ConfFile[], options: ReadOptions = {}): ReadConf {
  const context = new Context();
  const { trees, statements, conditionNames, notes } = statementsOf(files, options);
  context.notes.push(...notes);
  context.hasUnknownIncludes = notes.some((note) => note.kind === "include-unknown");
  const conf: ReadConf = {
    file: files[0]?.name ?? "",
    trees,
    conditionNames,
    statements,
    globals: readGlobals(context, statements),
    instances: [],
    syncGroups: [],
    scripts: [],
    processes: [],
    trackFiles: [],
    bfds: [],
    staticItems: [],
    virtualServers: [],
    notes: context.notes,
  };
  // A group may stand after its instances, and its tracking holds for them all the same.
  for (const statement of unlike(context, statements, "vrrp_sync_group")) {
    conf.syncGroups.push(readSyncGroup(context, statement));
  }
  const instances = new Set(unlike(context, statements, "vrrp_instance"));
  for (const statement of statements) {
    readTopLevel(context, conf, statement, instances);
  }
  for (const { members, positions, statement } of conf.syncGroups) {
    members.forEach((member, i) => {
      if (!conf.instances.some((instance) => instance.name === member)) {
        const position = positions[`members[${i}]`] ?? statement.position;
        context.unresolved(`the instance ${quote(member)}`, position);
      }
    });
  }
  const told = withMarks(context.notes, trees);
  return { ...conf, notes: withoutSecrets(told, statements).sort(inOrder(files)) };
}

/** Tells a byte order mark as what it is, in place of what keepalived makes of the word behind it. */
function withMarks(notes: Note[], trees: SyntaxTree[]): Note[] {
  const marked = new Map(
    trees.filter(({ text }) => text.startsWith("\uFEFF")).map((tree) => [tree.file, tree]),
  );
  return [
    ...notes.filter(({ position }) => position.offset > 0 || !marked.has(position.file)),
    ...[...marked.keys()].map((file): Note => ({
      kind: "byte-order-mark",
      severity: "error",
      message:
        "the file begins with a byte order mark: keepalived does not know the word that it stands before",
      position: { file, line: 1, column: 1, offset: 0, length: 1 },
    })),
  ];
}

function readTopLevel(
  context: Context,
  conf: ReadConf,
  statement: Statement,
  instances: ReadonlySet<Statement>,
): void {
  const { keyword } = statement;
  const [name] = statement.args;
  switch (keyword) {
    case "global_defs":
      break;
    case "vrrp_sync_group": {
      const group = conf.syncGroups.find((other) => other.statement === statement);
      const checks = (defined: { check: { name: string } }[]) => defined.map(({ check }) => check);
      unresolvedTracks(context, "script", group?.trackScripts ?? [], checks(conf.scripts));
      unresolvedTracks(context, "process", group?.trackProcesses ?? [], checks(conf.processes));
      unresolvedTracks(context, "file", group?.trackFiles ?? [], conf.trackFiles);
      unresolvedTracks(context, "bfd_instance", group?.trackBfds ?? [], conf.bfds);
      break;
    }
    case "vrrp_instance":
      if (instances.has(statement)) {
        const syncGroup = conf.syncGroups.find((group) => group.members.includes(name?.text ?? ""));
        conf.instances.push(readInstance(context, statement, { ...conf, syncGroup }));
      }
      break;
    case "vrrp_script":
      conf.scripts.push(readScript(context, statement));
      break;
    case "vrrp_track_process":
      conf.processes.push(readProcess(context, statement));
      break;
    case "track_file":
    case "vrrp_track_file":
      conf.trackFiles.push(readTrackFile(context, statement));
      break;
    case "bfd_instance":
      conf.bfds.push(readBfd(context, statement));
      break;
    default:
      if (VIRTUAL_SERVER.has(keyword)) {
        conf.virtualServers.push(statement);
        break;
      }
      if (!TOP_LEVEL.has(keyword) && !statement.unknown) {
        context.unknownWord(statement, "outside a block", TOP_LEVEL);
      }
      conf.staticItems.push(statement);
  }
}

/** The blocks of a kind, without those whose name another has: keepalived skips them. */
function unlike(context: Context, statements: Statement[], keyword: string): Statement[] {
  const names = new Set<string>();
  return statements.filter((statement) => {
    const name = statement.args[0]?.text ?? "";
    if (statement.keyword !== keyword) {
      return false;
    }
    // Of two that depend on the host only one may be there.
    if (names.has(name) && statement.condition === undefined) {
      const what = `${keyword} ${quote(name)} is there already: keepalived ignores this one`;
      context.note("duplicate", what, statement.position);
      return false;
    }
    names.add(name);
    return true;
  });
}

function readGlobals(context: Context, statements: Statement[]): ReadGlobals {
  const blocks = statements.filter(({ keyword }) => keyword === "global_defs");
  const globals: ReadGlobals = {
    enableScriptSecurity: false,
    dynamicInterfaces: false,
    vrrpStrict: false,
    positions: {},
    extra: [],
    blocks,
  };
  for (const statement of blocks) {
    const block = new Block(context, statement, "global_defs");
    const flag = (key: "enableScriptSecurity" | "dynamicInterfaces" | "vrrpStrict") => (s: Statement) => {
      globals[key] = true;
      block.at(key, s.position);
    };
    // Of these nobody needs the value; keepalived takes no 0.
    const seconds = (s: Statement) => {
      block.number(s.keyword, s, { min: 0.000_001, max: 4294, decimals: 6 });
      block.extra.push(s);
    };
    block.each(GLOBAL_DEFS, {
      vrrp_garp_interval: seconds,
      vrrp_gna_interval: seconds,
      router_id: (s) => (globals.routerId = block.text("routerId", s) ?? globals.routerId),
      vrrp_version: (s) => {
        globals.vrrpVersion = block.number("vrrpVersion", s, { min: 2, max: 3 }) as 2 | 3 | typeof UNKNOWN;
      },
      script_user: (s) => {
        globals.scriptUser = block.text("scriptUser", s);
        globals.scriptGroup = s.args[1]?.unknown ? UNKNOWN : s.args[1]?.text;
      },
      enable_script_security: flag("enableScriptSecurity"),
      dynamic_interfaces: flag("dynamicInterfaces"),
      vrrp_strict: flag("vrrpStrict"),
      vrrp_startup_delay: (s) => {
        globals.vrrpStartupDelay = block.number("vrrpStartupDelay", s, {
          min: 0.001,
          max: 4294,
          decimals: 6,
        });
      },
    });
    Object.assign(globals.positions, block.positions);
    globals.extra.push(...block.extra);
    if (block.isOpen) {
      globals.scriptUser ??= UNKNOWN;
      globals.vrrpVersion ??= UNKNOWN;
    }
  }
  if (context.hasUnknownIncludes && blocks.length === 0) {
    globals.scriptUser = UNKNOWN;
    globals.vrrpVersion = UNKNOWN;
  }
  return globals;
}

function readSyncGroup(context: Context, statement: Statement): ReadSyncGroup {
  const name = nameOf(context, statement);
  const block = new Block(context, statement, `vrrp_sync_group ${name}`);
  const group: Omit<ReadSyncGroup, "positions" | "extra"> = {
    name,
    members: [],
    trackingWeight: false,
    trackScripts: [],
    trackProcesses: [],
    trackInterfaces: [],
    trackFiles: [],
    trackBfds: [],
    statement,
  };
  block.each(SYNC_GROUP, {
    group: (s) => {
      block.at("members", s.position);
      for (const line of s.body ?? []) {
        for (const word of [{ text: line.keyword, position: line.position }, ...line.args]) {
          block.at(`members[${group.members.length}]`, word.position);
          group.members.push(word.text);
        }
      }
    },
    sync_group_tracking_weight: (s) => {
      block.at("trackingWeight", s.position);
      group.trackingWeight = true;
    },
    track_script: (s) => group.trackScripts.push(...readTracks(block, s)),
    track_process: (s) => group.trackProcesses.push(...readTracks(block, s)),
    track_interface: (s) => group.trackInterfaces.push(...readTracks(block, s)),
    track_file: (s) => group.trackFiles.push(...readTracks(block, s)),
    track_bfd: (s) => group.trackBfds.push(...readTracks(block, s)),
  });
  if (group.members.length === 0 && !block.isOpen) {
    context.note(
      "missing",
      `${block.name} has no group of instances: keepalived removes it`,
      statement.position,
    );
  }
  return { ...group, positions: block.positions, extra: block.extra };
}

type Placed = { position: { file: string; offset: number } };

function inOrder(files: ConfFile[]): (a: Placed, b: Placed) => number {
  const place = ({ position }: Placed) => files.findIndex((file) => file.name === position.file);
  return (a, b) => place(a) - place(b) || a.position.offset - b.position.offset;
}
