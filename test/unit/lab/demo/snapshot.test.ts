import { differences } from "../../../../lab/demo/snapshot";

describe("differences", () => {
  const before = {
    files: ["-rw-r--r-- root:root /etc/a", "-rw-r--r-- root:root /etc/b"],
    firewall: ["table inet f"],
  };

  it("are none when nothing has changed, whatever the order", () => {
    expect(differences(before, { ...before, files: [...before.files].reverse() })).toEqual([]);
  });

  it("name what is gone and what is new, aspect by aspect", () => {
    const after = { files: ["-rw-r--r-- root:root /etc/a", "-rw------- root:root /etc/b"], firewall: [] };
    expect(differences(before, after)).toEqual([
      "files: - -rw-r--r-- root:root /etc/b",
      "files: + -rw------- root:root /etc/b",
      "firewall: - table inet f",
    ]);
  });

  it("include an aspect that was not looked at on one side", () => {
    expect(differences(before, { files: before.files })).toEqual(["firewall: - table inet f"]);
    expect(differences({}, { firewall: ["table inet f"] })).toEqual(["firewall: + table inet f"]);
  });
});
