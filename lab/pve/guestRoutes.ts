import { assertUnmodified, badParameters, failed } from "./errors";
import { isNic, optionOf } from "./guestOptions";
import { hookscriptProblem } from "./hardware";
import { type Kind, normalNic, readNic } from "./nic";
import { type Api, type Call, type Parameters, type Route, flag, needed, text, whole } from "./route";
import type { Place } from "./store";
import type { Task, Tasks } from "./tasks";

/** The API's paths of guests. */

const configRights = {
  qemu: ["Disk", "CDROM", "CPU", "Memory", "Network", "HWType", "Options", "Cloudinit"],
  lxc: ["Disk", "CPU", "Memory", "Network", "Options"],
};

const control = ["node", "vmid", "digest", "delete", "revert", "force", "skiplock", "background_delay"];
const list = (value: string | undefined) => (value ?? "").split(/[,;\s]+/).filter(Boolean);

const placeOf = (kind: Kind, { params, node }: Call): Place => ({ node, kind, id: Number(params.vmid) });

function checkRights(kind: Kind, who: string, id: number, keys: string[], api: Api): void {
  if (who === "root@pam") return;
  for (const key of keys) {
    const needs = optionOf(kind, key)?.needs;
    if (needs === undefined || needs === "root") throw failed(`only root can set '${key}' config`);
    api.store.users().check(who, `/vms/${id}`, needs);
  }
}

/** Whoever puts a NIC on a bridge, or changes one there, needs SDN.Use on that bridge. */
function checkBridges(kind: Kind, who: string, nics: (string | undefined)[], api: Api): void {
  if (who === "root@pam") return;
  for (const nic of nics) {
    if (nic === undefined) continue;
    const { bridge, tag } = readNic(kind, nic);
    if (bridge === undefined) continue;
    const path = `/sdn/zones/localnetwork/${bridge}${tag === undefined ? "" : `/${tag}`}`;
    api.store.users().check(who, path, ["SDN.Use"]);
  }
}

/** What a request to change a guest wants; throws what can be told without its configuration. */
function changeOf(kind: Kind, call: Call, api: Api) {
  const { params, who } = call;
  const lacking = api.store.lacking;
  const set = new Map(Object.entries(params).filter(([name]) => !control.includes(name)));
  const remove = list(params.delete);
  const revert = list(params.revert);
  if (set.size + remove.length + revert.length === 0) throw failed("no options specified");
  if (params.skiplock === "1" && who !== "root@pam")
    throw badParameters({ skiplock: "Only root may use this option." });
  for (const [name, options] of [
    ["revert", revert],
    ["delete", remove],
  ] as const) {
    for (const option of options) {
      if (!optionOf(kind, option, lacking.options))
        throw badParameters({ [name]: `unknown option '${option}'` });
      if (set.has(option))
        throw badParameters({
          [name]: `you can't use '-${option}' and -${name} ${option}' at the same time`,
        });
    }
  }
  return { set, delete: remove, revert, force: params.force === "1" };
}

type Change = ReturnType<typeof changeOf>;

function changeQemu(call: Call, api: Api): () => Promise<void> {
  const place = placeOf("qemu", call);
  const { params, who } = call;
  const change = changeOf("qemu", call, api);
  const said = Object.entries(params)
    .filter(([name]) => !["node", "vmid", "digest", "background_delay"].includes(name))
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, value]) => `-${name} ${name === "cipassword" ? "<hidden>" : value}`);
  for (const [name, value] of change.set) {
    if (isNic(name)) change.set.set(name, normalNic("qemu", value, api.store.lacking.nic));
    if (name !== "hookscript") continue;
    const problem = hookscriptProblem(api.guests.hardware, place.node, value);
    if (problem) throw badParameters({ hookscript: `${problem}\n` });
  }
  checkRights("qemu", who, place.id, change.delete, api);
  checkRights("qemu", who, place.id, [...change.set.keys()], api);
  checkBridges(
    "qemu",
    who,
    [...change.set].filter(([name]) => isNic(name)).map(([, value]) => value),
    api,
  );
  const load = () => {
    const guest = api.store.loadGuest(place);
    if (params.digest && params.digest !== guest.digest) throw failed(api.digestMismatch);
    if (params.skiplock !== "1") api.guests.assertUnlocked(place, guest);
    return guest;
  };
  load();
  return async () => {
    const guest = load();
    call.print(`update VM ${place.id}: ${said.join(" ")}`);
    const old = [...change.set.keys(), ...change.delete]
      .filter(isNic)
      .map((name) => guest.main.values.get(name));
    checkBridges("qemu", who, old, api);
    // A key that is reverted gets the value in force again, or, without one, is no longer pending.
    for (const key of change.revert) guest.pending.values.delete(key);
    await api.guests.change(place, guest, change, call.warn);
  };
}

async function changeLxc(call: Call, api: Api): Promise<void> {
  const place = placeOf("lxc", call);
  const { params, who } = call;
  const change: Change = changeOf("lxc", call, api);
  const guest = api.store.loadGuest(place);
  api.guests.assertUnlocked(place, guest);
  assertUnmodified(params.digest, guest.digest);
  checkRights("lxc", who, place.id, [...change.delete, ...change.revert, ...change.set.keys()], api);
  const nics = [...change.set].filter(([name]) => isNic(name));
  const old = nics.map(([name]) => guest.main.values.get(name));
  checkBridges("lxc", who, [...old, ...nics.map(([, value]) => value)], api);
  for (const [name, value] of nics) change.set.set(name, normalNic("lxc", value, api.store.lacking.nic));
  await api.guests.change(place, guest, change, call.warn);
}

const changeParams = {
  digest: {
    ...text,
    check: (value: string) => (value.length > 40 ? "value may only be 40 characters long" : undefined),
  },
  delete: text,
  revert: text,
};

/** A task about a guest; those of a container are named vz... . */
function taskOf(call: Call, tasks: Tasks, type: string, work: (task: Task) => Promise<void>): string {
  return tasks.start(call.node, type, call.params.vmid ?? "", call.who, work).upid;
}

export function guestRoutes(kind: Kind): Route[] {
  const base = `/nodes/{node}/${kind}`;
  const guest = `${base}/{vmid}`;
  const audit = { path: "/vms/{vmid}", rights: ["VM.Audit"] };
  const power = { path: "/vms/{vmid}", rights: ["VM.PowerMgmt"] };
  const configure = {
    path: "/vms/{vmid}",
    rights: configRights[kind].map((right) => `VM.Config.${right}`),
    any: true,
  };
  const verb = kind === "qemu" ? "qm" : "vz";
  const act = (
    name: string,
    params: Route["params"],
    work: (place: Place, task: Task, call: Parameters, api: Api) => Promise<void>,
  ): Route => ({
    method: "POST",
    path: `${guest}/status/${name}`,
    onNode: true,
    permission: power,
    params: { skiplock: flag, timeout: whole(0), ...params },
    run: (call, api) => {
      const place = placeOf(kind, call);
      api.store.loadGuest(place);
      return taskOf(call, api.tasks, `${verb}${name}`, (task) => work(place, task, call.params, api));
    },
  });
  const both: Route[] = [
    {
      method: "GET",
      path: base,
      onNode: true,
      params: { full: flag },
      run: ({ node, who }, api) =>
        api.store
          .guests()
          .filter((place) => place.node === node && place.kind === kind)
          .filter(({ id }) => api.store.users().may(who, `/vms/${id}`, ["VM.Audit"]))
          .map((place) => api.guests.status(place)),
    },
    {
      method: "GET",
      path: `${guest}/config`,
      onNode: true,
      permission: audit,
      params: { current: flag, snapshot: text },
      run: (call, api) => {
        const { current, snapshot } = call.params;
        if (snapshot && current === "1") {
          const message = "cannot use 'snapshot' parameter with 'current'";
          throw badParameters({ snapshot: message, current: message });
        }
        return api.guests.config(placeOf(kind, call), current === "1", snapshot);
      },
    },
    {
      method: "PUT",
      path: `${guest}/config`,
      onNode: true,
      silent: true,
      permission: configure,
      guest: kind,
      params: { ...changeParams, ...(kind === "qemu" ? { skiplock: flag, force: flag } : {}) },
      run: (call, api) => (kind === "qemu" ? changeQemu(call, api)() : changeLxc(call, api)),
    },
    {
      method: "GET",
      path: `${guest}/pending`,
      onNode: true,
      permission: audit,
      run: (call, api) => api.guests.pending(placeOf(kind, call)),
    },
    {
      method: "GET",
      path: `${guest}/status/current`,
      onNode: true,
      permission: audit,
      run: (call, api) => api.guests.status(placeOf(kind, call)),
    },
    act("start", {}, (place, task, _, api) => api.guests.start(place, task)),
    act("stop", {}, (place, task, _, api) => api.guests.stop(place, task)),
    act("shutdown", { forceStop: flag }, (place, task, _, api) => api.guests.stop(place, task)),
    act("reboot", {}, async (place, task, _, api) => {
      await api.guests.stop(place, task);
      await api.guests.start(place, task);
    }),
    {
      method: "POST",
      path: `${guest}/migrate`,
      onNode: true,
      permission: { path: "/vms/{vmid}", rights: ["VM.Migrate"] },
      params: { target: needed(text), online: flag, restart: flag, "with-local-disks": flag },
      run: (call, api) => {
        const place = placeOf(kind, call);
        const { target = "", online, restart } = call.params;
        api.store.loadGuest(place);
        if (target === call.node) throw badParameters({ target: "target is local node." });
        if (!api.store.nodes.includes(target)) throw failed(`no such cluster node '${target}'`);
        const live = online === "1" || restart === "1";
        return taskOf(call, api.tasks, `${verb}migrate`, (task) =>
          api.guests.migrate(place, target, live, task),
        );
      },
    },
  ];
  if (kind === "lxc") return both;
  const later: Route = {
    method: "POST",
    path: `${guest}/config`,
    onNode: true,
    permission: configure,
    guest: kind,
    params: { ...changeParams, skiplock: flag, force: flag, background_delay: whole(1, 30) },
    run: (call, api) => taskOf(call, api.tasks, "qmconfig", changeQemu(call, api)),
  };
  return [...both, later];
}
