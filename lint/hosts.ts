import { ConfFile, readConf, ReadConf } from "../conf";
import { isProgram } from "./recognise";

/** The configuration of one machine. */
export interface LintHost {
  /** Texts of the programs that it runs, by file name. */
  programs?: Readonly<Record<string, string>>;
  /** Name of the node. */
  node: string;
  /** What tells the machine from others. */
  machine: string;
  conf: ReadConf;
}

/** A configuration with what tells the machine that it is for. */
interface Conf {
  machine: string;
  conf: ReadConf;
}

/**
 * The configurations that files make: one a file, but for those that another one includes, and one for each host that
 * the conditions of a file name, unless the file itself has the name of one.
 */
export function confsOf(files: ConfFile[]): Conf[] {
  return rootsOf(files).flatMap((conf): Conf[] => {
    const { file, conditionNames: names } = conf;
    const read = (configId: string) => readConf(startingWith(files, file), { configId });
    const own = file.replace(/^.*\//, "").replace(/\.[^.]*$/, "");
    if (names.includes(own)) {
      return [{ machine: file, conf: read(own) }];
    }
    // With a single name nobody knows what the other hosts are called.
    return names.length < 2
      ? [{ machine: file, conf }]
      : names.map((name) => ({ machine: `${file} @${name}`, conf: read(name) }));
  });
}

function startingWith(files: ConfFile[], first: string): ConfFile[] {
  return [...files.filter(({ name }) => name === first), ...files.filter(({ name }) => name !== first)];
}

function rootsOf(files: ConfFile[]): ReadConf[] {
  const confs = files.map(({ name }) => readConf(startingWith(files, name)));
  const included = new Set(
    confs.flatMap(({ file, trees }) => trees.map((t) => t.file).filter((name) => name !== file)),
  );
  const roots = confs.filter(({ file }) => !included.has(file));
  // Files that include each other in a ring: the first of them is as good as any.
  return roots.length > 0 ? roots : confs.slice(0, 1);
}

/** The machines of files of which each configuration is that of a machine of its own; all have the same programs. */
export function hostsOf(files: ConfFile[]): LintHost[] {
  const programs = Object.fromEntries(
    files.filter(({ text }) => isProgram(text)).map(({ name, text }) => [name.replace(/^.*\//, ""), text]),
  );
  const confs = confsOf(files.filter(({ text }) => !isProgram(text)));
  return named(confs.map((conf) => ({ ...conf, programs })));
}

/** Gives each host the name that it calls itself by, where no other does. */
export function named(hosts: Omit<LintHost, "node">[]): LintHost[] {
  const ids = hosts.map(({ conf }) => conf.globals.routerId);
  return hosts.map((host, at) => {
    const id = ids[at];
    const isOwn = typeof id === "string" && ids.filter((other) => other === id).length === 1;
    return { ...host, node: isOwn ? id : host.machine };
  });
}
