import {
  PolicyConfigSchema,
  PolicyResource,
  ResourceValidationPolicy,
  StackValidationPolicy,
} from "@pulumi/policy";
import {
  CONF_RULES,
  hostsOf,
  isKeepalivedConf,
  lint,
  listed,
  LintFinding,
  LintHost,
  named,
  NOTES,
  trace,
} from "../lint";
import { HOST_RULES, parseVersion, RuleInfo } from "../spec";
import { Seen } from "./resources";
import { CarriedText, textsOf } from "./texts";

/** What an operator can set for a policy over configurations, beside its enforcement level. */
interface ConfConfig {
  keepalivedVersion?: string;
}

const CONFIG: PolicyConfigSchema = {
  properties: {
    keepalivedVersion: {
      type: "string",
      description:
        "Version of keepalived on the hosts, as 2.2.7: what other versions do wrong is no violation.",
      pattern: "^v?[0-9]+(\\.[0-9]+){1,2}$",
    },
  },
};

function versionOf(config: ConfConfig): string | undefined {
  const { keepalivedVersion: version } = config;
  return version !== undefined && parseVersion(version) !== undefined ? version : undefined;
}

/** A finding and the text that it is in. */
interface Found {
  finding: LintFinding;
  text?: CarriedText;
}

/** Policies ask one after another about one set of texts: the answers to the last few are kept. */
const REMEMBERED = 64;
const answers = new Map<string, Found[]>();

function remembered(texts: CarriedText[], question: string, answer: () => Found[]): Found[] {
  const key = JSON.stringify([
    question,
    texts.map(({ machine, name, text, resource }) => [machine, name, text, resource]),
  ]);
  const known = answers.get(key);
  if (known !== undefined) {
    return known;
  }
  if (answers.size >= REMEMBERED) {
    answers.clear();
  }
  const found = answer();
  answers.set(key, found);
  return found;
}

/** What is wrong with each text by itself: what another resource may add is not known here. */
function findingsIn(texts: CarriedText[], version?: string): Found[] {
  return remembered(texts, `each ${version}`, () =>
    texts
      .filter(({ text }) => isKeepalivedConf(text))
      .flatMap((text) => lint([text], { version }).findings.map((finding) => ({ finding, text }))),
  );
}

/** What is wrong with the texts of all resources together. */
function findingsBetween(texts: CarriedText[], version?: string): Found[] {
  return remembered(texts, `all ${version}`, () =>
    trace(hostsIn(texts), { version }).map(({ finding, host }) => ({
      finding,
      text: texts.findLast(({ machine, name }) => machine === host.machine && name === finding.file),
    })),
  );
}

/** The machines of a stack. Of two texts with one path on one machine one is there in the end: taken is the last by name. */
function hostsIn(texts: CarriedText[]): LintHost[] {
  const machines = [...new Set(texts.map(({ machine }) => machine))];
  const hosts = machines.flatMap((machine) => {
    const own = texts.filter((text) => text.machine === machine);
    const byName = new Map(own.map((text) => [text.name, text]));
    // One text that two resources bring is there once.
    const byText = new Map([...byName.values()].map((text) => [text.text, text]));
    // What nothing includes may be a file of another program's.
    const confs = hostsOf([...byText.values()]).filter(({ conf }) =>
      isKeepalivedConf(byName.get(conf.file)!.text),
    );
    return confs.map((host) => ({ ...host, machine }));
  });
  return named(hosts);
}

/** Name of a text within a stack: which resource carries it, and as what. */
function nameOf({ resource, name }: CarriedText): string {
  return name.startsWith(`${resource.name}.`) ? name : `${resource.name}: ${name}`;
}

function message({ finding: { file, line, message: what, fix }, text }: Found): string {
  return `${text === undefined ? file : nameOf(text)}, line ${line}: ${what}. Fix: ${fix}`;
}

type Ruled = RuleInfo & { finds?: string[] };

function describe(rule: Ruled): string {
  const { why, fix } = listed(rule);
  return `In a keepalived.conf that a resource carries: ${why} Fix: ${fix}.`;
}

function levelOf({ severity, foreign }: Ruled): "mandatory" | "advisory" {
  return (foreign?.severity ?? severity) === "error" ? "mandatory" : "advisory";
}

function isOf({ id, finds = [id] }: Ruled, { finding }: Found): boolean {
  return finds.includes(finding.rule);
}

/** What the policy of a rule says of itself. */
function declared(rule: Ruled) {
  return {
    name: `${rule.id}-in-conf`,
    description: describe(rule),
    enforcementLevel: levelOf(rule),
    configSchema: CONFIG,
  };
}

/** A rule over one text: runs before the resource is made. */
function textPolicy(rule: Ruled): ResourceValidationPolicy {
  return {
    ...declared(rule),
    validateResource: async (args, reportViolation) => {
      const { type, name, urn, props } = args;
      const texts = await textsOf({ type, name, urn, props });
      for (const found of findingsIn(texts, versionOf(args.getConfig<ConfConfig>()))) {
        if (isOf(rule, found)) {
          reportViolation(message(found));
        }
      }
    },
  };
}

/** A rule over the texts of several resources. */
function textsPolicy(rule: Ruled): StackValidationPolicy {
  return {
    ...declared(rule),
    validateStack: async (args, reportViolation) => {
      const texts = await allTexts(args.resources);
      for (const found of findingsBetween(texts, versionOf(args.getConfig<ConfConfig>()))) {
        if (isOf(rule, found)) {
          reportViolation(message(found), found.text?.resource.urn);
        }
      }
    },
  };
}

async function allTexts(resources: PolicyResource[]): Promise<CarriedText[]> {
  const found = await Promise.all(
    resources.map(({ type, name, urn, props }): Promise<CarriedText[]> =>
      textsOf({ type, name, urn, props } satisfies Seen),
    ),
  );
  // The engine's order changes from run to run.
  return found.flat().sort((a, b) => (a.resource.urn < b.resource.urn ? -1 : 1));
}

/** What the reader itself says: with these keepalived does not take the file as it is written. */
const readable: Ruled = {
  id: "keepalived-reads-it",
  severity: "error",
  doc: "keepalived takes a configuration as it is written; where its config test fails it leaves something out, or does not start.",
  fix: "correct the line",
  finds: Object.keys(NOTES),
};

/** The policies over keepalived.conf texts that resources of any type carry. */
export const confPolicies: (ResourceValidationPolicy | StackValidationPolicy)[] = [
  textPolicy(readable),
  ...CONF_RULES.map((rule) => (rule.scope === "instance" ? textPolicy(rule) : textsPolicy(rule))),
  ...HOST_RULES.map((rule) => (rule.scope === "host" ? textPolicy(rule) : textsPolicy(rule))),
];
