import { hostRule, hostsRule } from "./facts";
import { factRule, Finding } from "./rule";
import { compareVersions } from "./versions";

/** Words that stand for a state, which people hand to their script. */
const STATE = /^(?:master|backup|fault|stop|deleted)$/i;
const USER = /^[a-z_][a-z0-9_-]*\$?$|^[0-9]+$/;

/** Behind the program keepalived reads a user and a group. */
export const notifyArgumentsUnquoted = factRule(
  {
    id: "notify-arguments-unquoted",
    severity: "error",
    doc: "A notify program stands in quotes with its arguments; keepalived takes the words behind it for a user and a group and does not run a program whose user it does not find.",
    fix: 'write the whole command in double quotes: notify_master "COMMAND ARGUMENTS"',
  },
  [],
  ["notifies"],
  (_member, { notifies }) =>
    notifies.flatMap(({ keyword, words }, i) => {
      const [, ...rest] = words;
      const isUser = rest.length <= 2 && rest.every(({ text }) => USER.test(text) && !STATE.test(text));
      return isUser
        ? []
        : [
            {
              property: `notifies[${i}]`,
              value: `${keyword} ${words[0]!.text} ...`,
              allowed: "one text in quotes, then optionally a user and a group",
            },
          ];
    }),
);

/** keepalived sends no mail without both, and does not say so. */
export const mailWithoutServer = hostRule(
  {
    id: "mail-without-server",
    severity: "warning",
    doc: "Mail of a change of state needs smtp_server and notification_email in global_defs; keepalived sends none without them and says nothing.",
    fix: "state smtp_server and notification_email, or remove smtp_alert",
  },
  ["canMail", "mailWanted"],
  ({ canMail, mailWanted }) =>
    mailWanted && !canMail
      ? [{ property: "mail", value: "smtp_alert", allowed: "smtp_server and notification_email beside it" }]
      : [],
);

/** It only names the node in mails and SNMP, where two of one name cannot be told apart. */
export const routerIdTwice = hostsRule(
  {
    id: "router-id-twice",
    severity: "warning",
    doc: "router_id names the node in mails and SNMP; two nodes of one name cannot be told apart there.",
    fix: "give every node a router_id of its own, or none: the default is the host name",
  },
  (hosts) =>
    hosts.flatMap(({ routerId }, at): Finding[] => {
      const first = hosts.slice(0, at).find((other) => other.routerId === routerId);
      return typeof routerId !== "string" || first === undefined
        ? []
        : [{ at, property: "routerId", value: routerId, allowed: `another one than ${first.node}'s` }];
    }),
);

/** What an older keepalived does not know it reports, and goes on without. */
export const keywordTooNew = hostRule(
  {
    id: "keyword-too-new",
    severity: "error",
    doc: "A configuration uses words that the host's keepalived knows; an older one leaves them out, and its config test fails.",
    fix: "remove the word, or install a keepalived that knows it",
  },
  [],
  ({ keywords }, { version }) =>
    version === undefined
      ? []
      : keywords.flatMap(({ name, since }, i) =>
          compareVersions(version, since) < 0
            ? [
                {
                  property: `keywords[${i}]`,
                  value: name,
                  allowed: `words that keepalived ${version} knows; this one came with ${since}`,
                },
              ]
            : [],
        ),
);
