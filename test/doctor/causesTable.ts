/** `npm run table:causes`: writes the table of causes, and the list of symptoms, into docs/doctor.md. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { format, resolveConfig } from "prettier";
import { causesText, symptomsText } from "../../doctor/report";
import { withSection } from "../section";

const file = join(__dirname, "../../docs/doctor.md");

async function main(): Promise<void> {
  const page = withSection(
    withSection(readFileSync(file, "utf8"), "causes", causesText()),
    "symptoms",
    symptomsText(),
  );
  const options = await resolveConfig(file);
  writeFileSync(file, await format(page, { ...options, parser: "markdown" }));
}

main().catch((error: unknown) => {
  console.error(error);
  process.exit(1);
});
