import { isKeepalivedConf } from "../../../lint";

it.each([
  ["an instance", "vrrp_instance VI {\n}\n"],
  ["servers alone", "virtual_server 192.0.2.10 80 {\n}\n"],
  ["a block whose brace follows at once", "global_defs{\n}\n"],
  ["a word under a condition", "@gw-a vrrp_script web {\n}\n"],
  ["a byte order mark in front of the only word", "\uFEFFvrrp_instance VI {\n}\n"],
  ["the end of lines of Windows", "vrrp_instance\r\nVI {\r\n}\r\n"],
])("%s is a keepalived.conf, whether somebody says so or not", (_what, text) => {
  expect([isKeepalivedConf(text), isKeepalivedConf(text, "any")]).toEqual([true, true]);
});

it.each([
  ["an include", "include conf.d/*.conf\n"],
  ["a word that scripts can have", "track_file /run/x\n"],
  ["a common word", "instance a\n"],
])("%s makes one only where somebody says so", (_what, text) => {
  expect([isKeepalivedConf(text), isKeepalivedConf(text, "any")]).toEqual([false, true]);
});

it.each([
  ["a key of YAML", "vrrp_instance: VI\n"],
  ["a variable of a script", "vrrp_script=/bin/true\n"],
  ["a longer word", "vrrp_instances VI {\n}\nincluded x\n"],
  ["a word within a line", "# vrrp_instance VI {\necho vrrp_instance\n"],
])("%s makes none", (_what, text) => {
  expect([isKeepalivedConf(text), isKeepalivedConf(text, "any")]).toEqual([false, false]);
});
