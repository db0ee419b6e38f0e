import { fileChanges, resourceCounts, section, wrap } from "../../../../lab/demo/pulumiText";

const preview = `Previewing update (lab):
  pulumi:pulumi:Stack: (same)
    [urn=urn:pulumi:lab::p::pulumi:pulumi:Stack::p-lab]
    ~ pulumi-keepalived:index:HaPair: (update)
        [urn=urn:pulumi:lab::p::pulumi-keepalived:index:HaPair::gw]
      ~ advertInt         : 1 => 2
        name              : "gw"
        ~ pulumi-keepalived:index:HostConfig: (update)
            [urn=urn:pulumi:lab::p::pulumi-keepalived:index:HaPair$pulumi-keepalived:index:HostConfig::gw-gw-b]
            apply     : false
          ~ files     : {
              ~ /etc/keepalived/keepalived.conf                                :${" "}
                    ...
                        priority 90
                  -     advert_int 1
                  +     advert_int 2
                        version 3
                    ...
                /etc/systemd/system/nftables.service.d/vrrp-gw.conf            : "# Managed\\n..."
              + /etc/vrrp-agent/gw/new.conf                                    : "cluster gw\\n"
            }
            packages  : {
                keepalived: "keepalived"
            }
            ~ command:remote:Command: (update)
                [id=gw-gw-a-stageb2a0e723]
                [urn=urn:pulumi:lab::p::pulumi-keepalived:index:HaPair$command:remote:Command::gw-gw-a-stage]
              ~ stdin: [secret] => [secret]
        ~ pulumi-keepalived:index:HostConfig: (update)
            [urn=urn:pulumi:lab::p::pulumi-keepalived:index:HaPair$pulumi-keepalived:index:HostConfig::gw-gw-a]
          ~ files     : {
              ~ /etc/vrrp-agent/gw/node.conf                                   :${" "}
                    off-link no
                  - settle 5
                  + settle 9
            }
Resources:
    ~ 13 to update
    3 unchanged

Duration: 3s
`;

describe("fileChanges", () => {
  it("gives the changed files of the hosts by host and path, and nothing else", () => {
    expect(fileChanges(preview)).toEqual([
      {
        host: "gw-gw-a",
        path: "/etc/vrrp-agent/gw/node.conf",
        lines: ["      off-link no", "    - settle 5", "    + settle 9"],
      },
      {
        host: "gw-gw-b",
        path: "/etc/keepalived/keepalived.conf",
        lines: [
          "      ...",
          "          priority 90",
          "    -     advert_int 1",
          "    +     advert_int 2",
          "          version 3",
          "      ...",
        ],
      },
      { host: "gw-gw-b", path: "/etc/vrrp-agent/gw/new.conf", lines: ['"cluster gw\\n"'] },
    ]);
  });

  it("gives nothing where no HostConfig changes", () => {
    expect(fileChanges("Resources:\n    16 unchanged\n")).toEqual([]);
  });
});

describe("section and resourceCounts", () => {
  it("read what stands under a heading up to the next line that is not indented", () => {
    expect(section(preview, "Resources")).toBe("    ~ 13 to update\n    3 unchanged");
    expect(section(preview, "Policies")).toBe("");
    expect(section("Policies:\n    last", "Policies")).toBe("    last");
    expect(resourceCounts(preview)).toBe("~ 13 to update, 3 unchanged");
  });
});

describe("wrap", () => {
  it("breaks between words, indents what follows, and keeps every word", () => {
    expect(wrap("  one two three four\nfive", 11)).toBe("  one two\n    three\n    four\nfive");
  });

  it("leaves a word alone that is longer than a line", () => {
    expect(wrap("a verylongword b", 5)).toBe("a\n  verylongword\n  b");
  });
});
