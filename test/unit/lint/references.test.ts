import { lint } from "../../../lint";
import { fixture, fixturesIn } from "./files";

/** What lint says about one of the published pairs: `FILE:LINE severity rule`. */
function saidOf(start: string): string[] {
  const paths = fixturesIn("references").filter((path) => path.startsWith(`references/${start}`));
  return lint(paths.flatMap(fixture)).findings.map(
    ({ file, line, severity, rule }) => `${file.replace("references/", "")}:${line} ${severity} ${rule}`,
  );
}

describe("of the pairs that the references publish, lint says", () => {
  it("001: a primary needs a higher priority than the other node", () => {
    expect(saidOf("001-primary")).toEqual(["001-primary-b.conf:8 error equal-priorities"]);
  });

  it("001: two backups of one priority move the address back when a cut heals, unless a check sees the cut", () => {
    expect(saidOf("001-equal")).toEqual(["001-equal-a.conf:8 warning equal-priorities-unchecked"]);
  });

  it("002: nopreempt is void on one site and keeps the other from ever taking over on a failing check", () => {
    expect(saidOf("002")).toEqual([
      "002-site-a.conf:30 warning weight-clamped",
      "002-site-a.conf:31 error nopreempt-with-master",
      "002-site-b.conf:14 error nopreempt-with-weight",
      "002-site-b.conf:23 error nopreempt-with-weight",
      "002-site-b.conf:30 warning weight-clamped",
    ]);
  });

  it("003: nothing, for it is the firewall that is wrong", () => {
    expect(saidOf("003")).toEqual([]);
  });

  it("004: nopreempt is void, the weight only reaches the other's priority, and the check ends keepalived", () => {
    expect(saidOf("004")).toEqual([
      "004-ngt1.conf:3 warning script-without-user",
      "004-ngt1.conf:9 error script-stops-keepalived",
      "004-ngt1.conf:11 error weight-too-small",
      "004-ngt1.conf:20 error nopreempt-with-master",
      "004-ngt2.conf:3 warning script-without-user",
      "004-ngt2.conf:9 error script-stops-keepalived",
      "004-ngt2.conf:11 error nopreempt-with-weight",
    ]);
  });
});
