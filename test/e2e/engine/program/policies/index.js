"use strict";

// A policy pack gets no nodeargs: TypeScript is registered here.
require("tsx/cjs");
require("./pack.ts");
