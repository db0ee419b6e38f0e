"use strict";

/**
 * `unit` needs no root, engine or network; `e2e` makes hosts, runs daemons and the real engine; `services` is e2e with what a
 * master runs, and no part of `npm test` yet: it takes long, and wants few labs side by side.
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
      displayName: "services",
      testMatch: ["<rootDir>/test/services/**/*.test.ts"],
      setupFilesAfterEnv: ["<rootDir>/test/e2e/setup.ts"],
    },
  ],
};
