"use strict";

/**
 * `unit` needs no root, engine or network; `e2e` makes hosts, runs daemons and the real engine. No part of `npm test`, for they
 * take long and want few labs side by side: `long`, more of e2e, and `services`, e2e with what a master runs.
 */
const common = {
  transform: {
    "^.+\\.[jt]s$": ["@swc/jest", { jsc: { parser: { syntax: "typescript" }, target: "es2022" } }],
  },
  testEnvironment: "node",
};

module.exports = {
  projects: [
    {
      ...common,
      displayName: "unit",
      testMatch: ["<rootDir>/test/unit/**/*.test.ts"],
      setupFilesAfterEnv: ["<rootDir>/test/unit/setup.ts"],
    },
    {
      ...common,
      displayName: "e2e",
      testMatch: ["<rootDir>/test/e2e/**/*.test.ts"],
      setupFilesAfterEnv: ["<rootDir>/test/e2e/setup.ts"],
    },
    {
      ...common,
      displayName: "long",
      testMatch: ["<rootDir>/test/e2e/**/*.long.ts"],
      setupFilesAfterEnv: ["<rootDir>/test/e2e/setup.ts"],
    },
    {
      ...common,
      displayName: "services",
      testMatch: ["<rootDir>/test/services/**/*.test.ts"],
      setupFilesAfterEnv: ["<rootDir>/test/e2e/setup.ts"],
    },
  ],
};
