import { Users } from "../../../../lab/pve/users";

const config = `user:root@pam:1:0::::::
user:tf@pve:1:0::::::
user:gone@pve:0:0::::::
token:tf@pve!own:0:1::
token:tf@pve!same:0:0::
token:tf@pve!old:1:1::
role:Net:VM.Config.Network,VM.Audit:
acl:1:/vms:tf@pve:PVEVMAdmin:
acl:0:/nodes:tf@pve:PVEAuditor:
acl:1:/vms/101:tf@pve!own:Net:
acl:1:/vms/102:tf@pve:NoAccess:
acl:1:/vms/102:tf@pve!own:Net:
`;
const users = new Users(config, "tf@pve!own one\ntf@pve!old two\n");

test("a token with rights of its own has those that its user has, too; another has its user's", () => {
  expect([...users.rights("tf@pve!own", "/vms/101")].sort()).toEqual(["VM.Audit", "VM.Config.Network"]);
  expect(users.rights("tf@pve!own", "/vms/103").size).toBe(0);
  expect(users.rights("tf@pve!own", "/vms/102").size).toBe(0);
  expect(users.may("tf@pve!same", "/vms/103", ["VM.PowerMgmt"])).toBe(true);
});

test("the deepest path that grants anything counts, and one that does not pass it on counts only itself", () => {
  expect(users.rights("tf@pve", "/vms/102").size).toBe(0);
  expect(users.may("tf@pve", "/nodes", ["Sys.Audit"])).toBe(true);
  expect(users.may("tf@pve", "/nodes/pve1", ["Sys.Audit"])).toBe(false);
});

test("root may everything", () => {
  expect(users.may("root@pam", "/", ["Sys.Modify", "Permissions.Modify"])).toBe(true);
});

test("a token is let in by its secret until it expires", () => {
  expect(users.authenticate("PVEAPIToken=tf@pve!own=one")).toBe("tf@pve!own");
  expect(() => users.authenticate("PVEAPIToken=tf@pve!own=two")).toThrow("Authentication failed!");
  expect(() => users.authenticate("PVEAPIToken=tf@pve!old=two")).toThrow("Authentication failed!");
  expect(() => users.authenticate(undefined)).toThrow("No ticket");
});
