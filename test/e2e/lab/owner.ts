import { Lab } from "../../../lab";

// A program that owns a lab, for tests of what becomes of the lab when it ends. argv: how it ends.
void Lab.start({ hosts: [{ name: "gw-a" }] }).then((lab) => {
  process.stdout.write(`${lab.id}\n`);
  if (process.argv[2] === "throw") throw new Error("the owner throws, as the test wants");
  if (process.argv[2] === "wait") setInterval(() => undefined, 60_000);
});
