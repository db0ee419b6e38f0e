import { ExitCode, type Streams, UsageError } from "./verb";
import { verbs } from "./verbs";

/** Runs one command line. */
export async function run([name, ...args]: string[], streams: Streams): Promise<ExitCode> {
  if (name === undefined || name === "--help" || name === "-h" || name === "help") {
    (name === undefined ? streams.err : streams.out)(help());
    return name === undefined ? ExitCode.Unable : ExitCode.Well;
  }
  const verb = Object.hasOwn(verbs, name) ? verbs[name] : undefined;
  if (verb === undefined) {
    streams.err(`pulumi-keepalived: no verb '${name}'; there are ${Object.keys(verbs).join(", ")}\n`);
    return ExitCode.Unable;
  }
  if (args.includes("--help") || args.includes("-h")) {
    streams.out(verb.help);
    return ExitCode.Well;
  }
  try {
    return await verb.run(args, streams);
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    streams.err(`pulumi-keepalived ${name}: ${error.message}\n`);
    return ExitCode.Unable;
  }
}

function help(): string {
  const lines = Object.entries(verbs).map(([name, { summary }]) => `  ${name.padEnd(12)}${summary}\n`);
  return `usage: pulumi-keepalived VERB [--help] ...\n\n${lines.join("")}\nExit status: 0 all is well, 1 a problem was found, 2 it could not run.\n`;
}
