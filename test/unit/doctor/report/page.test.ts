import { readFileSync } from "node:fs";
import { join } from "node:path";
import { causesText, symptomsText } from "../../../../doctor/report";
import { sectionOf } from "../../../section";

const page = readFileSync(join(__dirname, "../../../../docs/doctor.md"), "utf8");
/** Prettier aligns the cells of a table. */
const bare = (text: string) => text.replace(/-{3,}/g, "---").replace(/ +/g, " ");

test.each([
  ["causes", causesText()],
  ["symptoms", symptomsText()],
])("docs/doctor.md has the %s as they are; else: npm run table:causes", (section, text) => {
  expect(bare(sectionOf(page, section))).toBe(bare(text));
});
