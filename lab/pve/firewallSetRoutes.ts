import { aliasPattern, cleanCidr, parseCidr } from "./address";
import { assertUnmodified, badParameters, failed } from "./errors";
import { type FirewallFile, listDigest } from "./firewallFile";
import { type Scope, withDigest, writes } from "./firewallScope";
import type { Key } from "./propertyString";
import { type Route, flag, text } from "./route";

/** The API's paths of sets of addresses. */

const setName: Key = { type: "string", required: true, pattern: /^[A-Za-z][A-Za-z0-9\-_]+$/ };
const cidr: Key = {
  type: "string",
  required: true,
  check: (value) => {
    if (aliasPattern.test(value)) return undefined;
    try {
      parseCidr(value);
      return undefined;
    } catch (error) {
      return (error as Error).message;
    }
  },
};

export function setRoutes(scope: Scope): Route[] {
  const path = `${scope.base}/ipset`;
  const set = `${path}/{name}`;
  const entriesOf = (file: FirewallFile, name: string | undefined) => {
    const entries = file.ipsets.get(name ?? "");
    if (!entries) throw failed(`no such IPSet '${name}'`);
    return entries;
  };
  const index = (file: FirewallFile) =>
    [...file.ipsets.keys()].sort().map((name) => ({ name, comment: file.setComments.get(name) }));
  const named = { name: setName };
  return [
    {
      method: "GET",
      path,
      permission: scope.audit,
      run: (call, api) => withDigest(index(scope.load(call, api))),
    },
    writes(
      scope,
      {
        method: "POST",
        path,
        params: { ...named, comment: text, digest: text, rename: { ...setName, required: false } },
      },
      (file, { params: { name = "", rename, comment, digest } }) => {
        if (rename !== undefined) {
          assertUnmodified(digest, listDigest(index(file)));
          const entries = file.ipsets.get(rename);
          if (!entries) throw badParameters({ name: `IPSet '${rename}' does not exist` });
          if (file.ipsets.has(name) && name !== rename)
            throw badParameters({ name: `IPSet '${name}' does already exist` });
          const kept = file.setComments.get(rename);
          file.ipsets.delete(rename);
          file.setComments.delete(rename);
          file.ipsets.set(name, entries);
          if (kept !== undefined) file.setComments.set(name, kept);
        } else {
          if (file.ipsets.has(name)) throw badParameters({ name: `IPSet '${name}' already exists` });
          file.ipsets.set(name, []);
        }
        if (comment !== undefined) file.setComments.set(name, comment);
      },
    ),
    {
      method: "GET",
      path: set,
      permission: scope.audit,
      params: named,
      run: (call, api) => withDigest(entriesOf(scope.load(call, api), call.params.name)),
    },
    writes(scope, { method: "DELETE", path: set, params: { ...named, force: flag } }, (file, { params }) => {
      const entries = entriesOf(file, params.name);
      if (entries.length > 0 && params.force !== "1") throw failed(`IPSet '${params.name}' is not empty`);
      file.ipsets.delete(params.name ?? "");
      file.setComments.delete(params.name ?? "");
    }),
    writes(
      scope,
      { method: "POST", path: set, params: { ...named, cidr, nomatch: flag, comment: text } },
      (file, { params }, api) => {
        const entries = entriesOf(file, params.name);
        let address = params.cidr ?? "";
        const alias = aliasPattern.exec(address)?.[2]?.toLowerCase();
        if (alias === undefined) address = parseCidr(cleanCidr(address)).text;
        else if (!file.aliases.has(alias) && !api.store.clusterFirewall().aliases.has(alias))
          throw failed(`no such alias '${alias}'`);
        if (entries.some((entry) => entry.cidr === address))
          throw badParameters({ cidr: `address '${address}' already exists` });
        if (/\/0+$/.test(address))
          throw badParameters({ cidr: "a zero prefix is not allowed in ipset entries" });
        entries.unshift({
          cidr: address,
          ...(params.nomatch === "1" ? { nomatch: 1 } : {}),
          ...(params.comment ? { comment: params.comment } : {}),
        });
      },
    ),
    {
      method: "GET",
      path: `${set}/{cidr*}`,
      permission: scope.audit,
      params: { ...named, cidr },
      run: (call, api) => {
        const entries = withDigest(entriesOf(scope.load(call, api), call.params.name));
        const found = entries.find((entry) => entry.cidr === call.params.cidr);
        if (!found) throw badParameters({ cidr: "no such IP/Network" });
        return found;
      },
    },
    writes(
      scope,
      {
        method: "PUT",
        path: `${set}/{cidr*}`,
        params: { ...named, cidr, nomatch: flag, comment: text, digest: text },
      },
      (file, { params }) => {
        const entries = entriesOf(file, params.name);
        assertUnmodified(params.digest, listDigest(entries));
        const entry = entries.find((one) => one.cidr === params.cidr);
        if (!entry) throw badParameters({ cidr: "no such IP/Network" });
        delete entry.nomatch;
        if (params.nomatch === "1") entry.nomatch = 1;
        entry.comment = params.comment;
      },
    ),
    writes(
      scope,
      { method: "DELETE", path: `${set}/{cidr*}`, params: { ...named, cidr, digest: text } },
      (file, { params }) => {
        const entries = entriesOf(file, params.name);
        assertUnmodified(params.digest, listDigest(entries));
        file.ipsets.set(
          params.name ?? "",
          entries.filter((entry) => entry.cidr !== params.cidr),
        );
      },
    ),
  ];
}
