"use strict";

const { readFileSync } = require("node:fs");
const { PveGuestNic } = require("pulumi-keepalived");

new PveGuestNic("gateway", JSON.parse(readFileSync("nic.json", "utf8")));
