import { insist, refused } from "../../../../components/pve/errors";
import type { Answer, PveApi, Request } from "../../../../components/pve/transport";

const STEP = { guest: "gw-a (guest 101)", what: "a change" };

/** A PVE that does not know `force`. */
function old(
  refusal = {
    status: 400,
    message: "Parameter verification failed.",
    errors: {
      force: "property is not defined in schema and the schema does not allow additional properties",
    },
  },
) {
  const asked: string[] = [];
  const api: PveApi = {
    where: "pve1:8006",
    ask: (requests: readonly Request[]) =>
      Promise.resolve(
        requests.map(({ method, path, params = {} }): Answer => {
          asked.push(`${method} ${path}`);
          return "force" in params ? { refusal } : { data: null };
        }),
      ),
    close: () => undefined,
  };
  return { api, asked };
}

const WHOLE = {
  method: "delete" as const,
  path: "/set",
  params: { force: "1" },
  otherwise: [
    { method: "delete" as const, path: "/set/192.0.2.1" },
    { method: "delete" as const, path: "/set" },
  ],
};

test("where a parameter is not known, what does the same is asked for", async () => {
  const { api, asked } = old();
  await insist(api, STEP, [WHOLE]);
  expect(asked).toEqual(["delete /set", "delete /set/192.0.2.1", "delete /set"]);
});

test("where something else is refused, nothing is asked for in its place", async () => {
  const { api, asked } = old({ status: 403, message: "Permission check failed", errors: {} as never });
  await expect(insist(api, STEP, [WHOLE])).rejects.toThrow(/Permission check failed/);
  expect(asked).toEqual(["delete /set"]);
});

test.each([
  ["Configuration file 'nodes/pve1/qemu-server/101.conf' does not exist", true],
  ["VM 101 does not exist", true],
  ["CT 101 does not exist", true],
  ["bridge 'vmbr9' does not exist", false],
  ["storage 'local' does not exist", false],
])("'%s' says that the guest has gone elsewhere: %s", (message, isGuest) => {
  const { api } = old();
  expect(/removed or moved to another node/.test(refused(api, STEP, { status: 500, message }).message)).toBe(
    isGuest,
  );
});
