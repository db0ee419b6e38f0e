import type { Fact } from "../model";

/** The version of the facts that is read here. */
const HEAD = "vrrp-facts 1";

/** Facts that are followed by lines of text, each behind a `|`. */
const TEXTS: readonly string[] = ["text", "applied-text"];

/** What `vrrp-agent examine` said, or why that is not to be used. */
export type ParsedFacts = { facts: Fact[] } | { problem: string };

/** Reads what `vrrp-agent examine CLUSTER` prints. A text becomes the last word of its fact. */
export function parseFacts(output: string): ParsedFacts {
  const lines = output.split("\n").map((line) => line.replace(/\r$/, ""));
  const [head = ""] = lines;
  if (head !== HEAD) {
    return {
      problem: /^vrrp-facts /.test(head)
        ? `its vrrp-agent tells facts of version ${head.slice(11)}, and this reads 1; apply the cluster again`
        : "its vrrp-agent answers with something else than facts; apply the cluster again",
    };
  }
  const end = lines.indexOf("end");
  if (end < 0) {
    return { problem: "what its vrrp-agent told is cut off; look again" };
  }
  const facts: Fact[] = [];
  let at = 1;
  while (at < end) {
    const words = lines[at++]!.split(" ");
    if (!TEXTS.includes(words[0]!)) {
      if (words[0] !== "") facts.push(words);
      continue;
    }
    const [kind = "", path = "", count = "", how = "ended"] = words;
    const body = lines.slice(at, at + Number(count));
    if (!/^\d+$/.test(count) || body.length < Number(count) || body.some((line) => !line.startsWith("|"))) {
      return { problem: `what its vrrp-agent told of ${path} is cut off; look again` };
    }
    at += body.length;
    const text = body.map((line) => line.slice(1)).join("\n");
    facts.push([kind, path, count, how, body.length === 0 || how === "open" ? text : `${text}\n`]);
  }
  return { facts };
}

/** What of a fact stands from the word with this index on. */
export function restOf(fact: Fact, from: number): string {
  return fact.slice(from).join(" ");
}
