import { PolicyPack, validateResourceOfType } from "@pulumi/policy";
import { remote } from "@pulumi/command";

new PolicyPack("engine-test-policies", {
  policies: [
    {
      name: "no-word",
      description: "A command does not say the word.",
      enforcementLevel: "mandatory",
      configSchema: { properties: { word: { type: "string", default: "forbidden" } } },
      validateResource: validateResourceOfType(remote.Command, (command, args, reportViolation) => {
        const { word } = args.getConfig<{ word: string }>();
        if (command.create?.includes(word)) reportViolation(`the word is ${word}`);
      }),
    },
    {
      name: "has-delete",
      description: "A command can be undone.",
      enforcementLevel: "advisory",
      validateResource: validateResourceOfType(remote.Command, (command, _args, reportViolation) => {
        if (command.create?.includes("undoable")) reportViolation("this one cannot be undone");
      }),
    },
  ],
});
