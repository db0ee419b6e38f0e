import { Image } from "./image";

/** Path, text and mode of a file. */
type File = [path: string, text: string, mode?: number];

const lines = (...all: string[]): string => all.join("\n") + "\n";

/** What gives eth0 its addresses, for what manages the network of a disk: systemd-networkd, NetworkManager or netifd. */
export function networkFile(image: Image, address: string, address6: string): File {
  if (image === Image.Rhel) return byNetworkManager(address, address6);
  if (image === Image.OpenWrt) return byUci(address, address6);
  return byNetworkd(address, address6);
}

function byNetworkd(address: string, address6: string): File {
  const addresses = [`Address=${address}`, `Address=${address6}`, "IPv6AcceptRA=no"];
  return ["etc/systemd/network/10-eth0.network", lines("[Match]", "Name=eth0", "[Network]", ...addresses)];
}

function byNetworkManager(address: string, address6: string): File {
  const connection = ["[connection]", "id=eth0", "type=ethernet", "interface-name=eth0"];
  const ip = (family: 4 | 6, its: string) => [`[ipv${family}]`, "method=manual", `address1=${its}`];
  // So that it has the link-local address that the kernel would give it.
  const generated = "addr-gen-mode=eui64";
  const text = lines(...connection, ...ip(4, address), ...ip(6, address6), generated);
  return ["etc/NetworkManager/system-connections/eth0.nmconnection", text, 0o600];
}

function byUci(address: string, address6: string): File {
  const option = (name: string, value: string) => `\toption ${name} '${value}'`;
  const text = lines(
    "",
    "config interface 'loopback'",
    option("device", "lo"),
    option("proto", "static"),
    option("ipaddr", "127.0.0.1"),
    option("netmask", "255.0.0.0"),
    "",
    "config interface 'lan'",
    option("device", "eth0"),
    option("proto", "static"),
    `\tlist ipaddr '${address}'`,
    `\tlist ip6addr '${address6}'`,
    "",
  );
  return ["etc/config/network", text];
}
