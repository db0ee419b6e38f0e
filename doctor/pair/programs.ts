import { ClusterView, Member } from "./cluster";

/** Texts of the programs of a node, by file name: those that were given, and those that its facts tell. */
export function programsOf({ sources }: ClusterView, { name, view }: Member): Record<string, string> {
  const told = view.all("text").flatMap(([, path = "", , , text = ""]) => {
    return text.startsWith("#!/") ? [[path, text] as const] : [];
  });
  return Object.fromEntries(
    [...told, ...Object.entries(sources[name] ?? {})].map(([path, text]) => [
      path.replace(/^.*\//, ""),
      text,
    ]),
  );
}
