import { ConfFile, readConf, ReadConf, ReadInstance } from "../../conf";
import { appliedTextOf, fileState, NodeView } from "../facts";

/** keepalived.conf of a node, wherever that host has it. */
export function confPath(view: NodeView): string | undefined {
  const paths = [...view.all("text"), ...view.all("file")].map(([, path = ""]) => path);
  return paths.find((path) => path.endsWith("/keepalived.conf"));
}

/** What a node's keepalived.conf says now. */
export function confOf(view: NodeView): ReadConf | undefined {
  const path = confPath(view);
  const text = path === undefined ? undefined : view.one("text", path)?.[4];
  return path === undefined || text === undefined ? undefined : read(view, path, text);
}

/** What it said when it was applied; undefined: it is the same, or nobody knows. */
export function appliedConfOf(view: NodeView): ReadConf | undefined {
  const path = confPath(view);
  const text = path === undefined ? undefined : appliedTextOf(view, path);
  return path === undefined || text === undefined ? undefined : read(view, path, text);
}

function read(view: NodeView, path: string, text: string): ReadConf {
  // The nodes have the same paths, and each its own text.
  const name = (of: string) => `/${view.node}${of}`;
  const others = view.all("text").flatMap(([, of = "", , , body = ""]): ConfFile[] => {
    return of === path || !of.endsWith(".conf") ? [] : [{ name: name(of), text: body }];
  });
  const files = [{ name: name(path), text }, ...others, ...secretFiles(view, name)];
  const conf = readConf(files);
  return conf.conditionNames.includes(view.node) ? readConf(files, { configId: view.node }) : conf;
}

/** The file of the password is never told: that it holds one is known. */
function secretFiles(view: NodeView, name: (path: string) => string): ConfFile[] {
  return view.all("file").flatMap(([, path = ""]) => {
    const isTold = view.has("text", path);
    return !path.endsWith(".auth.conf") || isTold || fileState(view, path) === "absent"
      ? []
      : [
          {
            name: name(path),
            text: "authentication {\n    auth_type PASS\n    auth_pass ********\n}\n",
          },
        ];
  });
}

/** A virtual router in a configuration: by its name, or the one that there is. */
export function instanceIn(conf: ReadConf | undefined, name: string): ReadInstance | undefined {
  const same = conf?.instances.find((instance) => instance.name === name);
  return same ?? (conf?.instances.length === 1 ? conf.instances[0] : undefined);
}

/** A value that is known and is there. */
export function known<T>(value: T): Exclude<T, symbol> | undefined {
  return typeof value === "symbol" ? undefined : (value as Exclude<T, symbol>);
}
