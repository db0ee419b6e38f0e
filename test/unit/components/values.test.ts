import * as pulumi from "@pulumi/pulumi";

import {
  pathText,
  pendingPaths,
  SECRET_PLACEHOLDER,
  withoutSecrets,
  withSecrets,
} from "../../../components/values";

const args = {
  authPass: "s3cret",
  nodes: [
    {
      name: "gw-a",
      connection: { host: pulumi.output("10.0.0.2"), privateKey: "KEY", proxy: { password: "p" } },
    },
  ],
};

test("a path is written as problems write it", () => {
  expect(pathText(["nodes", 1, "connection", "host"])).toBe("nodes[1].connection.host");
});

test("what is known only later is found wherever it lies", () => {
  expect(pendingPaths({ ...args, later: Promise.resolve(1) })).toEqual(["nodes[0].connection.host", "later"]);
});

test("secrets are replaced wherever they lie and nothing else is", () => {
  expect(withoutSecrets(args)).toEqual({
    authPass: SECRET_PLACEHOLDER,
    nodes: [
      {
        name: "gw-a",
        connection: {
          host: args.nodes[0]!.connection.host,
          privateKey: SECRET_PLACEHOLDER,
          proxy: { password: SECRET_PLACEHOLDER },
        },
      },
    ],
  });
});

test("an absent secret stays absent", () => {
  expect(withoutSecrets({ authPass: undefined })).toEqual({ authPass: undefined });
});

test("secrets are marked as secret even when the caller did not", async () => {
  const marked = withSecrets(args) as unknown as {
    authPass: pulumi.Output<string>;
    nodes: [{ name: string }];
  };
  expect(await pulumi.isSecret(marked.authPass)).toBe(true);
  expect(marked.nodes[0].name).toBe("gw-a");
});
