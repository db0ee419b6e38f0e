import { UNKNOWN } from "../../spec";
import { ReadBfd, ReadProcess, ReadScript, ReadTrack, ReadTrackFile, Statement } from "../model";
import { Block, Context, quote } from "./block";
import { BFD, PROCESS, SCRIPT, TRACK_FILE } from "./keywords";

/** keepalived takes 254, too, and makes it 253. */
export const WEIGHT = { min: -253, max: 253 };
const SECONDS = { min: 1, max: 4294 };
const COUNT = { min: 1, max: 2_147_483_647 };

/** The name of a block, and a note where it has none. */
export function nameOf(context: Context, statement: Statement): string {
  const [name, ...others] = statement.args;
  if (name === undefined || others.length > 0) {
    const message = `${statement.keyword} takes one name${name === undefined ? "" : ", in double quotes where it has blanks"}`;
    context.note("argument-missing", message, statement.position);
  }
  return name?.text ?? "";
}

/** The value of a check while it is read; one that cannot be known makes the check unknown as a whole. */
function recorder<T extends object>(
  values: T,
): { unknown: boolean; set: <K extends keyof T>(key: K, value: T[K] | typeof UNKNOWN | undefined) => void } {
  const state = {
    unknown: false,
    set: <K extends keyof T>(key: K, value: T[K] | typeof UNKNOWN | undefined) => {
      if (value === UNKNOWN) {
        state.unknown = true;
      } else if (value !== undefined) {
        values[key] = value;
      }
    },
  };
  return state;
}

/** `weight N reverse`: the word reverse is kept aside, for no weight of ours can say it. */
function weight(block: Block, statement: Statement): number | typeof UNKNOWN {
  const [, option] = statement.args;
  if (option !== undefined) {
    block.extra.push(statement);
    if (option.text !== "reverse") {
      const message = `weight has no option ${quote(option.text)}; allowed: reverse`;
      block.context.note("argument-invalid", message, option.position);
    }
  }
  return block.number("weight", statement, WEIGHT);
}

export function readScript(context: Context, statement: Statement): ReadScript {
  const name = nameOf(context, statement);
  const block = new Block(context, statement, `vrrp_script ${name}`);
  const check = { name, script: "", interval: 1, timeout: 0, fall: 1, rise: 1, weight: 0 };
  const values = recorder(check);
  let user: string | undefined;
  block.each(SCRIPT, {
    script: (s) => values.set("script", block.text("script", s)),
    interval: (s) => values.set("interval", block.number("interval", s, SECONDS)),
    timeout: (s) => values.set("timeout", block.number("timeout", s, SECONDS)),
    rise: (s) => values.set("rise", block.number("rise", s, COUNT)),
    fall: (s) => values.set("fall", block.number("fall", s, COUNT)),
    weight: (s) => values.set("weight", weight(block, s)),
    user: (s) => {
      const stated = block.text("user", s);
      user = typeof stated === "string" ? stated : user;
      block.extra.push(s);
    },
  });
  if (check.script === "" && !values.unknown && !block.isOpen) {
    context.note("missing", `vrrp_script ${name} has no script: keepalived removes it`, statement.position);
  }
  check.timeout ||= check.interval;
  const { positions, extra } = block;
  const ofUser = user === undefined ? check : { ...check, user };
  return { check: ofUser, user, positions, extra, statement, unknown: values.unknown || block.isOpen };
}

export function readProcess(context: Context, statement: Statement): ReadProcess {
  const name = nameOf(context, statement);
  const block = new Block(context, statement, `vrrp_track_process ${name}`);
  const check = { name, process: "", weight: 0, quorum: 1 };
  const values = recorder(check);
  block.each(PROCESS, {
    process: (s) => {
      values.set("process", block.text("process", s));
      if (s.args.length > 1) {
        block.extra.push(s);
      }
    },
    weight: (s) => values.set("weight", weight(block, s)),
    quorum: (s) => values.set("quorum", block.number("quorum", s, { min: 1, max: 65_535 })),
  });
  if (check.process === "" && !values.unknown && !block.isOpen) {
    context.note("missing", `vrrp_track_process ${name} has no process`, statement.position);
  }
  const { positions, extra } = block;
  return { check, positions, extra, statement, unknown: values.unknown || block.isOpen };
}

export function readTrackFile(context: Context, statement: Statement): ReadTrackFile {
  const name = nameOf(context, statement);
  const block = new Block(context, statement, `${statement.keyword} ${name}`);
  const read: Pick<ReadTrackFile, "file" | "weight"> = { weight: 1 };
  block.each(TRACK_FILE, {
    file: (s) => (read.file = block.text("file", s)),
    // The number in the file is multiplied by it.
    weight: (s) => {
      read.weight = weight(block, s);
    },
  });
  if (read.file === undefined && !block.isOpen) {
    context.note(
      "missing",
      `${statement.keyword} ${name} has no file: keepalived ignores it`,
      statement.position,
    );
  }
  return { name, ...read, positions: block.positions, extra: block.extra, statement };
}

export function readBfd(context: Context, statement: Statement): ReadBfd {
  const name = nameOf(context, statement);
  const block = new Block(context, statement, `bfd_instance ${name}`);
  const read: Pick<ReadBfd, "neighborIp" | "sourceIp"> = {};
  const neighbor = (s: Statement) => {
    read.neighborIp = block.address("neighborIp", s);
  };
  block.each(BFD, {
    neighbor_ip: neighbor,
    neighbour_ip: neighbor,
    source_ip: (s) => {
      read.sourceIp = block.address("sourceIp", s);
    },
  });
  if (read.neighborIp === undefined && !block.isOpen) {
    context.note("missing", `bfd_instance ${name} has no neighbor_ip`, statement.position);
  }
  return { name, ...read, positions: block.positions, extra: block.extra, statement };
}

/** What one of the blocks track_interface, track_script, track_process, track_file, track_bfd names. */
export function readTracks(block: Block, statement: Statement): ReadTrack[] {
  return block.lines(statement).map((line): ReadTrack => {
    const [option, value, third] = line.args;
    const track: ReadTrack = { name: line.keyword, reverse: false, position: line.position, statement: line };
    if (option !== undefined && (option.text !== "weight" || value === undefined)) {
      const message = `${statement.keyword} ${line.keyword} has no option ${quote(option.text)}; allowed: weight N [reverse]`;
      block.context.note("argument-invalid", message, option.position);
    } else if (value !== undefined) {
      track.weight =
        line.condition === undefined
          ? block.wordAsNumber(value, `the weight of ${line.keyword}`, WEIGHT)
          : UNKNOWN;
    }
    if (third !== undefined && third.text !== "reverse" && third.text !== "noreverse") {
      const message = `a weight has no option ${quote(third.text)}; allowed: reverse, noreverse`;
      block.context.note("argument-invalid", message, third.position);
    }
    track.reverse = third?.text === "reverse";
    return track;
  });
}

/** Notes what nothing before it defines. */
export function unresolvedTracks(
  context: Context,
  kind: string,
  tracks: ReadTrack[],
  defined: { name: string }[],
): void {
  for (const { name, position, statement } of tracks) {
    if (statement.unknown !== true && !defined.some((item) => item.name === name)) {
      context.unresolved(`the ${kind} ${quote(name)} before this line`, position);
    }
  }
}
