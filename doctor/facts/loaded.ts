import { canonical } from "../../spec/addresses";
import { numberOf, NodeView } from "./view";

/** A virtual router as the running daemon has it; what is undefined it did not tell. */
export interface LoadedInstance {
  name: string;
  vrid?: number;
  interface?: string;
  version?: number;
  /** Milliseconds. */
  advertInt?: number;
  priority?: number;
  effectivePriority?: number;
  source?: string;
  peers?: string[];
  /** ADDRESS/PREFIX. */
  vips?: string[];
  auth?: string;
  transport?: string;
  isVmac: boolean;
}

/** What the running daemon told of its virtual routers; none where there is no such look. */
export function loadedInstances(view: NodeView): LoadedInstance[] {
  const names = [...new Set(view.all("loaded").flatMap(([, name]) => (name === undefined ? [] : [name])))];
  return names.map((name) => {
    const text = (key: string) => view.rest("loaded", name, key);
    const number = (key: string) => numberOf(text(key));
    const list = (key: string) => {
      const words = view.all("loaded", name, key).map((fact) => fact[3] ?? "-");
      return words.length === 0 ? undefined : words.filter((word) => word !== "-");
    };
    const source = text("source");
    return {
      name,
      vrid: number("vrid"),
      interface: text("interface"),
      version: number("version"),
      advertInt: number("advert-int"),
      priority: number("priority"),
      effectivePriority: number("effective-priority"),
      source: source === undefined ? undefined : canonical(source),
      peers: list("peer")?.map(canonical),
      vips: list("vip")?.map(withCanonical),
      auth: text("auth"),
      transport: text("transport"),
      isVmac: text("vmac") === "yes",
    };
  });
}

function withCanonical(vip: string): string {
  const [address = "", prefix] = vip.split("/");
  return prefix === undefined ? canonical(address) : `${canonical(address)}/${prefix}`;
}
