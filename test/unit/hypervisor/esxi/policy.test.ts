import { parsePolicy, parsePortGroups } from "../../../../hypervisor/esxi";
import { policyOf } from "./policies";

const CSV_HEAD =
  "AllowForgedTransmits,AllowMACAddressChange,AllowPromiscuous,OverrideVswitchAllowForgedTransmits,OverrideVswitchAllowMACAddressChange,OverrideVswitchAllowPromiscuous,";

describe("the policy of a port group", () => {
  test.each([
    ["all of it the vSwitch's", "true,true,false,false,false,false,", "(-) (+) (+)"],
    ["all of it its own", "false,true,true,true,true,true,", "+ + -"],
    ["one switch its own", "true,true,true,false,false,true,", "+ (+) (+)"],
  ])("is read from csv: %s", (_, row, expected) => {
    expect(parsePolicy(`${CSV_HEAD}\n${row}\n`)).toEqual(policyOf(expected));
  });

  test("is read from esxcli's plain form, whatever its line ends", () => {
    const lines = [
      "   Allow Promiscuous: false",
      "   Allow MAC Address Change: true",
      "   Allow Forged Transmits: true",
      "   Override Vswitch Allow Promiscuous: true",
      "   Override Vswitch Allow MAC Address Change: false",
      "   Override Vswitch Allow Forged Transmits: true",
    ];
    expect(parsePolicy(`${lines.join("\n")}\n`)).toEqual(policyOf("- (+) +"));
    expect(parsePolicy(lines.join("\r\n"))).toEqual(policyOf("- (+) +"));
  });

  test.each([
    ["nothing", "", /without AllowPromiscuous/],
    [
      "a policy that does not tell whose it is",
      "   Allow Promiscuous: true",
      /without OverrideVswitchAllowP/,
    ],
    [
      "a word that is no flag",
      `${CSV_HEAD}\nmaybe,true,true,true,true,true,`,
      /without AllowForgedTransmits/,
    ],
  ])("is refused when esxcli prints %s", (_, text, message) => {
    expect(() => parsePolicy(text)).toThrow(message);
  });
});

test("port groups are read with blanks, commas and quotes in their names", () => {
  const text = [
    "ActiveClients,Name,VLANID,VirtualSwitch,",
    '1,"Management Network",0,vSwitch0,',
    '0,"a ""b"", c",20,"vSwitch 1",',
    "0,Plain,4095,vSwitch0,",
  ].join("\n");
  expect(parsePortGroups(text)).toEqual(["Management Network", 'a "b", c', "Plain"]);
});
