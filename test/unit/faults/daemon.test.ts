import { changes } from "../../faults/changes";
import { readDump, runningOf } from "../../faults/daemon";

const dump = ` VRRP Instance = gw
   VRRP Version = 3
   Virtual Router ID = 51
   Priority = 100
   Effective priority = 100
   Advert interval = 200 milli-sec
   Preempt = enabled
   Virtual IP (2):
     10.20.30.201/24 dev eth0 scope global set
     10.20.30.200/24 dev eth0 scope global set
   Unicast TTL = 255
------< VRRP Scripts >------
 VRRP Script = alive
   Interval = 2 sec
`;

test("a dump of keepalived is compared with what the spec says", () => {
  expect(readDump(dump)).toEqual(runningOf(changes["vip-added"], 0));
  expect(readDump(dump)).not.toEqual(runningOf(changes["vip-added"], 1));
  expect(readDump(dump)).not.toEqual(runningOf(changes.base, 0));
  expect(readDump("").vips).toEqual([]);
});
