/** `npm run table:partitions`: writes the table of partitions into docs/two-sites.md. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { partitions, partitionsText } from "../../simulate/partitions";
import { withSection } from "../section";

const file = join(__dirname, "../../docs/two-sites.md");
writeFileSync(file, withSection(readFileSync(file, "utf8"), "partitions", partitionsText(partitions())));
