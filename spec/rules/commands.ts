/** What can be told of a shell command by its words alone. */

const NAME = String.raw`["']?([A-Za-z0-9@._-]+?)(?:\.service)?["']?(?=[\s;|&)'"]|$)`;
const OPTIONS = String.raw`(?:\s+-{1,2}[A-Za-z0-9=-]+)*`;

function names(command: string, patterns: string[]): string[] {
  return patterns.flatMap((pattern) =>
    [...command.matchAll(new RegExp(`(?:^|[\\s;|&(/'"])${pattern}`, "g"))].map((match) => match[1]!),
  );
}

/** Services and processes that a command ends: `systemctl stop nginx`, `killall nginx`, `nginx -s quit`. */
export function stoppedBy(command: string): string[] {
  return names(command, [
    String.raw`systemctl${OPTIONS}\s+(?:stop|kill)${OPTIONS}\s+${NAME}`,
    String.raw`systemctl${OPTIONS}\s+(?:disable|mask)\s+--now\s+${NAME}`,
    String.raw`(?:rc-)?service\s+${NAME}\s+stop\b`,
    String.raw`init\.d/${NAME}\s+stop\b`,
    // Signal 0 only asks whether the process is there.
    String.raw`(?:killall|pkill)(?!${OPTIONS}\s+-(?:0|s\s*0|-signal[ =]0)\b)${OPTIONS}\s+${NAME}`,
    String.raw`(nginx|openresty|tengine)\s+-s\s+(?:stop|quit)\b`,
  ]);
}

/** Services and processes whose being there a command tests: `systemctl is-active nginx`, `pidof nginx`. */
export function testedBy(command: string): string[] {
  return names(command, [
    String.raw`systemctl${OPTIONS}\s+(?:is-active|status|is-failed)${OPTIONS}\s+${NAME}`,
    String.raw`(?:rc-)?service\s+${NAME}\s+status\b`,
    String.raw`init\.d/${NAME}\s+status\b`,
    String.raw`(?:killall|pkill)${OPTIONS}\s+-(?:0|s\s*0|-signal[ =]0)${OPTIONS}\s+${NAME}`,
    String.raw`(?:pidof|pgrep)${OPTIONS}\s+${NAME}`,
    String.raw`ps\s+-C\s+${NAME}`,
  ]);
}

/** A command, and the text of its program where that is at hand, without its comments. */
export function textOf(command: string, programs: Readonly<Record<string, string>> = {}): string {
  const name = /^\S*?([^/\s]+)(?=\s|$)/.exec(command.trim())?.[1] ?? "";
  const program = Object.hasOwn(programs, name) ? programs[name]! : "";
  return `${command}\n${program.replace(/^\s*#.*$/gm, "")}`;
}

/** A command as a message may show it: arguments can hold a password. */
export function programOf(command: string): string {
  const [program = "", ...rest] = command.trim().split(/\s+/);
  return rest.length === 0 ? program : `${program} ...`;
}
