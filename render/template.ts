import * as ejs from "ejs";
import { join } from "node:path";
import { readFileSync } from "node:fs";

const directory = join(__dirname, "..", "templates");
const compiled = new Map<string, ejs.TemplateFunction>();

/** Fills a template of templates/. Nothing is escaped here: values that a user wrote go through `quoted` first. */
export function fill(name: string, values: object): string {
  let template = compiled.get(name);
  if (template === undefined) {
    const filename = join(directory, `${name}.ejs`);
    // Without compileDebug an error of `quoted` keeps its own words instead of getting the template's source.
    template = ejs.compile(readFileSync(filename, "utf8"), { filename, cache: true, compileDebug: false });
    compiled.set(name, template);
  }
  return template(values);
}
