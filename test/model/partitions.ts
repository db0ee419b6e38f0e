/** `npm run table:partitions`: writes the table of partitions into docs/two-sites.md. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { partitions, partitionsText, withPartitions } from "../../simulate/partitions";

const file = join(__dirname, "../../docs/two-sites.md");
writeFileSync(file, withPartitions(readFileSync(file, "utf8"), partitionsText(partitions())));
