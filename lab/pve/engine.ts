import { PveError, failed } from "./errors";
import { clusterRoutes } from "./clusterRoutes";
import { firewallRoutes } from "./firewallRoutes";
import { guestRoutes } from "./guestRoutes";
import {
  type Api,
  type Found,
  type Method,
  type Parameters,
  Router,
  authorize,
  notImplemented,
  verify,
} from "./route";

const router = new Router([
  ...clusterRoutes,
  ...guestRoutes("qemu"),
  ...guestRoutes("lxc"),
  ...firewallRoutes,
]);

/** A request, whatever way it came. */
export interface Request {
  method: Method;
  /** Below /api2/json, not encoded. */
  path: string;
  params: Parameters;
  who: string;
  /** Node that was asked. */
  node: string;
  via: "api" | "pvesh" | "qm" | "pct";
}

export interface Answer {
  data: unknown;
  /** The route gives nothing back, so that a command line prints nothing. */
  silent: boolean;
  printed: string[];
  warned: string[];
}

export const findRoute = (method: Method, path: string): Found | undefined => router.find(method, path);

/** The answer to a request; throws a PveError. */
export async function answer(api: Api, request: Request): Promise<Answer> {
  const { method, path } = request;
  const found = router.find(method, path);
  if (!found) throw notImplemented(method, path);
  const { route, uri } = found;
  for (const [name, value] of Object.entries(uri)) {
    const given = request.params[name];
    if (given !== undefined && given !== value)
      throw new PveError(400, "Parameter verification failed.", {
        [name]: "duplicate parameter (already defined in URI) with conflicting values!",
      });
  }
  const params = { ...request.params, ...uri };
  const printed: string[] = [];
  const warned: string[] = [];
  const named = params.node === "localhost" ? request.node : (params.node ?? request.node);
  const call = {
    params: { ...params, ...(params.node === undefined ? {} : { node: named }) },
    who: request.who,
    node: route.onNode ? named : request.node,
    print: (line: string) => printed.push(line),
    warn: (line: string) => warned.push(line),
  };
  authorize(found, call, api);
  if (route.onNode && !api.store.nodes.includes(named))
    throw failed(
      `hostname lookup '${named}' failed - failed to get address info for: ${named}: Name or service not known`,
    );
  if (route.onNode && named !== request.node && api.offline.has(named))
    throw new PveError(595, "No route to host");
  verify(found, params, api.store.lacking);
  const data = await route.run(call, api);
  return { data: data ?? null, silent: route.silent ?? false, printed, warned };
}
