import { ConfFile, readConf, ReadConf } from "../conf";

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

/** Whether a text has anything that keepalived reads: a file that is only included may lack all of it. */
export function isKeepalivedConf(text: string): boolean {
  return /^[ \t]*(?:@\S+[ \t]+)?(?:vrrp_instance|vrrp_sync_group|vrrp_script|global_defs)\b/m.test(text);
}

/** The configurations that files make: one a file, but for those that another one includes. */
export function confsOf(files: ConfFile[]): ReadConf[] {
  const confs = files.map((file, at) => readConf([file, ...files.filter((_other, i) => i !== at)]));
  const included = new Set(
    confs.flatMap(({ file, trees }) => trees.map((t) => t.file).filter((name) => name !== file)),
  );
  const roots = confs.filter(({ file }) => !included.has(file));
  // Files that include each other in a ring: the first of them is as good as any.
  return roots.length > 0 ? roots : confs.slice(0, 1);
}

/** Whether a text is that of a program: the checks and hooks that configurations name. */
function isProgram({ text }: ConfFile): boolean {
  return text.startsWith("#!/");
}

/** The machines of files of which each configuration is that of a machine of its own; all have the same programs. */
export function hostsOf(files: ConfFile[]): LintHost[] {
  const programs = Object.fromEntries(
    files.filter(isProgram).map(({ name, text }) => [name.replace(/^.*\//, ""), text]),
  );
  const confs = confsOf(files.filter((file) => !isProgram(file)));
  return named(confs.map((conf) => ({ machine: conf.file, conf, programs })));
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
