import { execFileSync } from "node:child_process";
import { join } from "node:path";

import { parse, parseCIDR } from "ipaddr.js";
import fc from "fast-check";

const MODULE = join(__dirname, "../../../host/lib/network.sh");

interface Question {
  address: string;
  own: string;
}

/** on_network for many pairs at once, by the agent's own words: 1 for yes. */
function ask(shell: string[], questions: Question[]): boolean[] {
  const script = `
    . "$0"
    addresses() { echo "$1" | tr / " "; }
    while read -r address own; do
      if on_network "$address" "$own"; then echo 1; else echo 0; fi
    done`;
  const [program = "", ...before] = shell;
  const input = questions.map(({ address, own }) => `${address} ${own}\n`).join("");
  const text = execFileSync(program, [...before, "-c", script, MODULE], { input, encoding: "utf8" });
  return text
    .trimEnd()
    .split("\n")
    .map((line) => line === "1");
}

describe.each([[["dash"]], [["busybox", "ash"]]])("networks under %j", (shell) => {
  test.each([
    ["10.0.0.100", "10.0.0.1/24", true],
    ["10.0.1.100", "10.0.0.1/24", false],
    ["10.0.1.100", "10.0.0.1/23", true],
    ["10.0.0.1", "10.0.0.1/32", false],
    ["2001:db8::1:0:0:5", "2001:db8:0:0:1::1/80", true],
    ["2001:DB8::5", "2001:db8::1/64", true],
    ["2001:db8:0:1::5", "2001:db8::1/64", false],
    ["::5", "::1/64", true],
    ["10.0.0.5", "2001:db8::1/64", false],
  ])("%s on the network of %s: %p", (address, own, expected) => {
    expect(ask(shell, [{ address, own }])).toEqual([expected]);
  });

  test("any two addresses share a network exactly when ipaddr.js says so", () => {
    const v4 = fc.ipV4().map((text) => ({ text, longest: 31 }));
    const v6 = fc
      .uint8Array({ minLength: 16, maxLength: 16 })
      .chain((bytes) =>
        fc.boolean().map((spread) => (spread ? bytes : bytes.map((b, i) => (i > 1 && i < 14 ? 0 : b)))),
      )
      .map((bytes) => ({ text: parse6(bytes), longest: 127 }));
    const pair = fc
      .oneof(fc.tuple(v4, v4), fc.tuple(v6, v6))
      .chain(([a, b]) =>
        fc
          .integer({ min: 0, max: a.longest })
          .map((prefix) => ({ address: b.text, own: `${a.text}/${prefix}` })),
      );
    fc.assert(
      fc.property(fc.array(pair, { minLength: 20, maxLength: 20 }), (questions) => {
        const expected = questions.map(({ address, own }) => parse(address).match(parseCIDR(own) as never));
        expect(ask(shell, questions)).toEqual(expected);
      }),
      { numRuns: 5 },
    );
  });
});

function parse6(bytes: Uint8Array): string {
  const groups = Array.from({ length: 8 }, (_, i) => ((bytes[2 * i]! << 8) | bytes[2 * i + 1]!).toString(16));
  return parse(groups.join(":")).toString();
}
