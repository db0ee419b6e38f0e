"use strict";

exports.handler = () => {
  const { existsSync, readFileSync, realpathSync } = require("node:fs");
  const { createRequire } = require("node:module");
  const { dirname, join } = require("node:path");
  const NAME = "pulumi-keepalived";

  function packageOf(directory) {
    for (const place of [directory, join(directory, "node_modules", NAME)]) {
      const file = join(place, "package.json");
      if (existsSync(file) && JSON.parse(readFileSync(file, "utf8")).name === NAME) return realpathSync(file);
    }
    if (dirname(directory) !== directory) return packageOf(dirname(directory));
    throw new Error(`${NAME} is not installed for the program in ${process.cwd()}; run npm ci there`);
  }

  let provider;
  function makeProvider() {
    const file = packageOf(process.cwd());
    const tsx = createRequire(file)("tsx/cjs/api");
    const load = (module) => tsx.require(`./components/@ROOM@/${module}.ts`, file);
    return load("@PROVIDER@").makeProvider(() => load("reach"));
  }
  const methods = ["check", "diff", "create", "read", "update", "delete"];
  return Object.fromEntries(
    methods.map((name) => [name, (...args) => (provider ??= makeProvider())[name](...args)]),
  );
};
