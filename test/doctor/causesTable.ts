/** `npm run table:causes`: writes the table of causes, and the list of symptoms, into docs/doctor.md. */
import { join } from "node:path";
import { causesText, symptomsText } from "../../doctor/report";
import { writeSection } from "../writeSection";

const file = join(__dirname, "../../docs/doctor.md");

async function main(): Promise<void> {
  await writeSection(file, "causes", causesText());
  await writeSection(file, "symptoms", symptomsText());
}

main().catch((error: unknown) => {
  console.error(error);
  process.exit(1);
});
