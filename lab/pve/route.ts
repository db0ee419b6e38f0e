import { type ParameterErrors, PveError, badParameters } from "./errors";
import { type Lacking, problemOf } from "./guestOptions";
import type { Guests } from "./guests";
import type { Kind } from "./nic";
import { type Key, checkValue, undefinedProperty } from "./propertyString";
import type { Store } from "./store";
import type { Tasks } from "./tasks";

/** A route of the API, and how a request finds it. */

export type Method = "GET" | "PUT" | "POST" | "DELETE";
export type Parameters = Record<string, string>;

/** What the handlers work on. */
export interface Api {
  store: Store;
  guests: Guests;
  tasks: Tasks;
  /** Settings of the bridges of every node. */
  bridges: Record<string, Record<string, string | number>>;
  /** What the storage `local` takes. */
  localContent: string;
  /** Nodes that no other reaches. */
  offline: ReadonlySet<string>;
  /** Version as `/version` tells it. */
  version: string;
  /** Message of a guest's digest that is another's: it was misspelled up to PVE 8. */
  digestMismatch: string;
}

export interface Call {
  params: Parameters;
  /** User or token. */
  who: string;
  /** Node that carries it out. */
  node: string;
  /** Gets what the real code prints: a command line shows it, the API does not. */
  print: (line: string) => void;
  warn: (line: string) => void;
}

export interface Permission {
  /** Path with {names} of parameters. */
  path: string;
  rights: readonly string[];
  any?: boolean;
}

export interface Route {
  method: Method;
  path: string;
  params?: Record<string, Key>;
  /** Options of guests of this kind are parameters, too. */
  guest?: Kind;
  permission?: Permission;
  /** Carried out by the node that the path names. */
  onNode?: boolean;
  /** It gives nothing back. */
  silent?: boolean;
  run: (call: Call, api: Api) => unknown;
}

export const text: Key = { type: "string" };
export const needed = (key: Key): Key => ({ ...key, required: true });
export const whole = (minimum: number, maximum?: number): Key => ({ type: "integer", minimum, maximum });
export const flag: Key = { type: "boolean" };

export const vmid: Key = { type: "integer", required: true, minimum: 100, maximum: 999_999_999 };
export const nodeName: Key = {
  type: "string",
  required: true,
  check: (value) =>
    /^[a-zA-Z0-9]([a-zA-Z0-9-]*[a-zA-Z0-9])?$/.test(value)
      ? undefined
      : "value does not look like a valid node name",
};

const standard: Record<string, Key> = { node: nodeName, vmid };

/** A parameter at the end that takes the rest of the path, slashes included: `{cidr*}`. */
function patternOf(path: string): { pattern: RegExp; names: string[] } {
  const names: string[] = [];
  const source = path.replace(/\{(\w+)(\*?)\}/g, (_, name: string, rest: string) => {
    names.push(name);
    return rest ? "(.+)" : "([^/]+)";
  });
  return { pattern: new RegExp(`^${source}$`), names };
}

export interface Found {
  route: Route;
  uri: Parameters;
}

export class Router {
  private readonly table: { route: Route; pattern: RegExp; names: string[] }[];

  constructor(routes: readonly Route[]) {
    this.table = routes.map((route) => ({ route, ...patternOf(route.path) }));
  }

  find(method: Method, path: string): Found | undefined {
    const clean = path.replace(/\/+/g, "/").replace(/\/$/, "") || "/";
    for (const { route, pattern, names } of this.table) {
      const match = route.method === method ? pattern.exec(clean) : null;
      if (match)
        return { route, uri: Object.fromEntries(names.map((name, index) => [name, match[index + 1] ?? ""])) };
    }
    return undefined;
  }
}

/** Throws what is wrong with the parameters of a request. */
export function verify({ route, uri }: Found, params: Parameters, lacking: Lacking): void {
  const errors: ParameterErrors = {};
  const known: Record<string, Key> = { ...route.params };
  for (const name of Object.keys(uri)) known[name] = known[name] ?? standard[name] ?? needed(text);
  for (const [name, key] of Object.entries(known)) {
    const value = params[name];
    if (value === undefined) {
      if (key.required) errors[name] = "property is missing and it is not optional";
      continue;
    }
    const problem = checkValue(key, value);
    if (problem) errors[name] = problem;
  }
  for (const [name, value] of Object.entries(params)) {
    if (known[name]) continue;
    const problem = route.guest ? problemOf(route.guest, name, value, lacking) : undefinedProperty;
    if (problem) errors[name] = problem;
  }
  if (Object.keys(errors).length > 0) throw badParameters(errors);
}

/** Refuses who lacks the right of a route. */
export function authorize({ route }: Found, call: Call, api: Api): void {
  const { permission } = route;
  if (!permission) return;
  const path = permission.path.replace(/\{(\w+)\}/g, (_, name: string) => call.params[name] ?? "");
  api.store.users().check(call.who, path, permission.rights, permission.any);
}

export const notImplemented = (method: Method, path: string): PveError =>
  new PveError(501, `Method '${method} ${path}' not implemented`);
