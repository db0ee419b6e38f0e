"use strict";

// The constructor of PolicyPack takes its version from the package.json of the current directory, which is the
// program's.
process.env.KEEPALIVED_POLICY_PROGRAM ??= process.cwd();
process.chdir(__dirname);

// Loads the pack under any language host: neither nodeargs nor ts-node options reach a policy pack.
require("tsx/cjs");
require("./pack.ts");
