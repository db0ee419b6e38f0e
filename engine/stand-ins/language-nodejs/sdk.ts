import * as fs from "node:fs";
import { createRequire } from "node:module";
import * as path from "node:path";

/** The path of one of the SDK's own entry points (`run`, `run-plugin`, `run-policy-pack`), as seen from a program. */
export function sdkEntryPoint(programDirectory: string, name: string): string {
  try {
    return createRequire(path.join(programDirectory, "package.json")).resolve(`@pulumi/pulumi/cmd/${name}`);
  } catch {
    throw new Error(
      `@pulumi/pulumi is not installed for the program in ${programDirectory}; run npm ci (or npm install) there`,
    );
  }
}

/** A dependency of a program: what package.json asks for, and the version that is installed. */
export interface Dependency {
  name: string;
  version: string;
}

/** The direct dependencies of the package that holds `directory`, with their installed versions. */
export function dependencies(directory: string): Dependency[] {
  const file = packageFile(directory);
  if (file === undefined) return [];
  const { dependencies = {}, devDependencies = {} } = readPackage(file);
  return Object.entries({ ...dependencies, ...devDependencies }).map(([name, wanted]) => ({
    name,
    version: installedVersion(path.dirname(file), name) ?? wanted,
  }));
}

interface PackageJson {
  version?: string;
  dependencies?: Record<string, string>;
  devDependencies?: Record<string, string>;
}

const readPackage = (file: string) => JSON.parse(fs.readFileSync(file, "utf8")) as PackageJson;

function packageFile(directory: string): string | undefined {
  const file = path.join(directory, "package.json");
  if (fs.existsSync(file)) return file;
  const parent = path.dirname(directory);
  return parent === directory ? undefined : packageFile(parent);
}

function installedVersion(directory: string, name: string): string | undefined {
  const file = path.join(directory, "node_modules", name, "package.json");
  if (fs.existsSync(file)) return readPackage(file).version;
  const parent = path.dirname(directory);
  return parent === directory ? undefined : installedVersion(parent, name);
}
