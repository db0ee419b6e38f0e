import { type Host, Image } from "../../lab";

/** One kind of host, as its operator left it. */
export interface Kind {
  name: string;
  /** What it is, for the page. */
  what: string;
  /** gw-a's, and gw-b's. */
  images: readonly [Image, Image];
  /** What its operator did with each host. */
  prepare?: (host: Host) => Promise<unknown>;
  /** Commands that bring its firewall back to what is written down, as its operator would give them. */
  reloads?: readonly string[];
  /** The command that starts or stops keepalived there. @default systemctl's */
  service?: (verb: "start" | "stop") => string;
  /** Its firewall lets no VRRP in: two keepalived that nobody opened it for are both master. */
  refuses?: boolean;
}

const NFTABLES = `#!/usr/sbin/nft -f
flush ruleset
table inet filter {
	chain input {
		type filter hook input priority filter; policy drop;
		iifname "lo" accept
		ct state established,related accept
		tcp dport 22 accept
		meta l4proto { icmp, ipv6-icmp } accept
		meta l4proto 112 drop comment "no VRRP"
	}
	chain forward {
		type filter hook forward priority filter; policy drop;
	}
	chain output {
		type filter hook output priority filter; policy drop;
		ct state established,related accept
		meta l4proto { icmp, ipv6-icmp } accept
	}
}
`;

/** The default of RHEL before firewalld: all that nobody allowed is rejected by the last rule. */
const iptables = (icmp: string, reject: string) => `*filter
:INPUT ACCEPT [0:0]
:FORWARD ACCEPT [0:0]
:OUTPUT ACCEPT [0:0]
-A INPUT -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
-A INPUT -p ${icmp} -j ACCEPT
-A INPUT -i lo -j ACCEPT
-A INPUT -p tcp -m tcp --dport 22 -j ACCEPT
-A INPUT -j REJECT --reject-with ${reject}
-A FORWARD -j REJECT --reject-with ${reject}
COMMIT
`;

async function persistentIptables(host: Host, variant: "nft" | "legacy"): Promise<void> {
  for (const [tool, file, text] of [
    ["iptables", "rules.v4", iptables("icmp", "icmp-host-prohibited")],
    ["ip6tables", "rules.v6", iptables("ipv6-icmp", "icmp6-adm-prohibited")],
  ] as const) {
    await host.exec(`update-alternatives --quiet --set ${tool} /usr/sbin/${tool}-${variant}`);
    await host.writeFile(`/etc/iptables/${file}`, text, "600");
  }
  await host.exec("systemctl --quiet enable netfilter-persistent && systemctl restart netfilter-persistent");
}

const both = (image: Image): readonly [Image, Image] => [image, image];

const firewalld = {
  images: both(Image.Firewalld),
  prepare: (host: Host) =>
    host.exec(
      "systemctl --quiet enable --now firewalld && firewall-cmd --quiet --permanent --add-port=8443/tcp && firewall-cmd --reload",
    ),
  reloads: ["firewall-cmd --reload", "systemctl restart firewalld"],
  refuses: true,
};

const ufw = {
  images: both(Image.Ufw),
  prepare: (host: Host) =>
    host.exec(
      "systemctl --quiet enable ufw && ufw allow 22/tcp && ufw deny from 10.99.0.0/16 && ufw --force enable && ufw reload",
    ),
  reloads: ["ufw reload", "systemctl restart ufw"],
  refuses: true,
};

/** Nothing of GNU's or systemd's; opkg installs keepalived, and fw4 rejects what nobody has let in. */
export const openWrt: Kind = {
  name: "openwrt",
  what: "OpenWrt's layout, with stand-ins: procd, UCI, fw4, which rejects; opkg installs keepalived",
  images: both(Image.OpenWrt),
  reloads: ["/etc/init.d/firewall reload", "/etc/init.d/firewall restart"],
  service: (verb) => `/etc/init.d/keepalived ${verb}`,
};

/** Two firewalls in one pair; what `npm test` sees of all this. */
export const twoFirewalls: Kind = {
  name: "two-firewalls",
  what: "one behind firewalld, one behind ufw",
  images: [Image.Firewalld, Image.Ufw],
  prepare: (host) => (host.name === "gw-a" ? firewalld : ufw).prepare(host),
  refuses: true,
};

export const kinds: readonly Kind[] = [
  {
    name: "debian-12",
    what: "Debian 12, no firewall",
    images: both(Image.Full),
  },
  {
    name: "nftables",
    what: "Debian 12, nftables: drops all, both ways",
    images: both(Image.Full),
    prepare: async (host) => {
      await host.writeFile("/etc/nftables.conf", NFTABLES, "755");
      await host.exec("systemctl --quiet enable --now nftables");
    },
    reloads: ["systemctl reload nftables", "systemctl restart nftables"],
    refuses: true,
  },
  {
    name: "iptables-nft",
    what: "Debian 12, iptables (nf_tables): rejects the rest",
    images: both(Image.Firewalld),
    prepare: (host) => persistentIptables(host, "nft"),
    reloads: ["systemctl restart netfilter-persistent"],
    refuses: true,
  },
  {
    name: "iptables-legacy",
    what: "Debian 12, iptables (legacy): rejects the rest",
    images: both(Image.Firewalld),
    prepare: (host) => persistentIptables(host, "legacy"),
    reloads: ["systemctl restart netfilter-persistent"],
    refuses: true,
  },
  { name: "firewalld", what: "Debian 12, firewalld: default zone, which rejects", ...firewalld },
  { name: "ufw", what: "Debian 12, ufw: denies the rest", ...ufw },
  {
    name: "debian-11",
    what: "Debian 11",
    images: both(Image.Debian11),
  },
  {
    name: "debian-13",
    what: "Debian 13",
    images: both(Image.Debian13),
  },
  {
    name: "mixed",
    what: "Debian 11 and Debian 13, one pair",
    images: [Image.Debian11, Image.Debian13],
  },
  {
    name: "rhel-like",
    what: "RHEL-like: dnf, NetworkManager, firewalld, SELinux's tools",
    images: both(Image.Rhel),
    reloads: firewalld.reloads,
  },
  openWrt,
];

export function kindNamed(name: string): Kind {
  const kind = kinds.find((one) => one.name === name);
  if (kind === undefined)
    throw new Error(`there is no kind of host '${name}'; one of ${kinds.map((one) => one.name).join(", ")}`);
  return kind;
}
