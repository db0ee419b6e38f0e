import * as fs from "node:fs";
import { remote } from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";

const config = new pulumi.Config();
if (config.get("throw")) throw new Error("the program's own words");

const file = config.require("file");
const command = new remote.Command("command", {
  connection: JSON.parse(fs.readFileSync("connection.json", "utf8")) as { host: string },
  create: `cat > ${file}; echo ${config.get("say") ?? "created"}`,
  update: `cat > ${file}; echo updated`,
  delete: `rm ${file}`,
  stdin: config.requireSecret("text"),
  addPreviousOutputInEnv: false,
});

/** What the command printed. */
export const stdout = command.stdout;
