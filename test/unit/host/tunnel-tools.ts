import { type BundleFile, bundleOf, FakeHost, generation, type Shell } from "./fake-host";

/** A WireGuard that keeps what it is told in files, one set an interface, and writes its calls to $FAKE/calls. */
const TOOLS: Record<string, string> = {
  // wg.DEV.peers: KEY ALLOWED-IPS ENDPOINT|(none), a line each. A packet more is received each time that somebody looks.
  wg: `
    up() { [ -d "$VRRP_ROOT/sys/class/net/$1" ] || { echo "Unable to access interface: No such device" >&2; exit 1; }; }
    peers=$FAKE/wg.\${2-}.peers
    case $1 in
    genkey)
      echo x >>"$FAKE/keys-made"
      printf '%042dA=\\n' "$(wc -l <"$FAKE/keys-made")" ;;
    pubkey) read -r key; echo "P\${key#?}" ;;
    show)
      case $2 in
      all)
        for dev in $(ls "$VRRP_ROOT/sys/class/net"); do
          [ ! -e "$FAKE/wg.$dev.peers" ] || printf '%s\\t%s\\n' "$dev" "$(wg show "$dev" "$3")"
        done
        exit ;;
      esac
      up "$2"
      case $3 in
      private-key) cat "$FAKE/wg.$2.key" 2>/dev/null || echo "(none)" ;;
      public-key) if [ -e "$FAKE/wg.$2.key" ]; then wg pubkey <"$FAKE/wg.$2.key"; else echo "(none)"; fi ;;
      listen-port) cat "$FAKE/wg.$2.port" 2>/dev/null || echo 51820 ;;
      peers) awk '{ print $1 }' "$peers" ;;
      allowed-ips) awk '{ gsub(/,/, " ", $2); print $1 "\\t" $2 }' "$peers" ;;
      endpoints) awk '{ print $1 "\\t" $3 }' "$peers" ;;
      latest-handshakes) cat "$FAKE/handshakes" ;;
      transfer)
        [ -e "$FAKE/silent" ] || echo x >>"$FAKE/packets"
        awk -v got="$(cat "$FAKE/packets" 2>/dev/null | wc -l)" '{ print $1 "\\t" got "\\t" 7 }' "$peers" ;;
      esac ;;
    syncconf)
      up "$2"
      echo "wg syncconf $2" >>"$FAKE/calls"
      ls -l "$3" | cut -c 1-10 >"$FAKE/synced-mode"
      cp "$3" "$FAKE/synced"
      ! grep -q refused "$3" || { echo "Key is not the correct length or format: \\\`$(sed -n 's/^PrivateKey = //p' "$3")'" >&2; exit 1; }
      sed -n 's/^PrivateKey = //p' "$3" >"$FAKE/wg.$2.key"
      sed -n 's/^ListenPort = //p' "$3" >"$FAKE/wg.$2.port"
      touch "$peers"
      awk '
        FILENAME == ARGV[1] { endpoint[$1] = $3; next }
        function flush() { if (key != "") print key, (allowed == "" ? "-" : allowed), (at == "" ? (key in endpoint ? endpoint[key] : "(none)") : at); key = allowed = at = "" }
        /^\\[/ { flush() }
        $1 == "PublicKey" { key = $3 }
        $1 == "AllowedIPs" { sub(/^[^=]*= */, ""); gsub(/ /, ""); allowed = allowed (allowed == "" ? "" : ",") $0 }
        $1 == "Endpoint" { at = $3 }
        END { flush() }' "$peers" "$3" >"$peers.new"
      mv "$peers.new" "$peers" ;;
    set)
      up "$2"
      echo "wg $*" | sed "s|$VRRP_ROOT||g" >>"$FAKE/calls"
      shift 2
      peer=
      while [ $# -gt 0 ]; do
        case $1 in
        private-key) cp "$2" "\${peers%peers}key"; shift ;;
        peer) peer=$2; grep -q "^$peer " "$peers" || echo "$peer - (none)" >>"$peers"; shift ;;
        remove) sed -i "\\|^$peer |d" "$peers" ;;
        endpoint | allowed-ips)
          awk -v key="$peer" -v what="$1" -v value="$2" '$1 == key { if (what == "endpoint") $3 = value; else $2 = value } { print }' \\
            "$peers" >"$peers.new"
          mv "$peers.new" "$peers"
          shift ;;
        *) shift ;;
        esac
        shift
      done ;;
    esac`,
  "wg-quick": `
    conf=$VRRP_ROOT/etc/wireguard/$2.conf
    case $1 in
    strip) grep -q nonsense "$2" && { echo "Line unrecognized: nonsense"; exit 1; }; exit 0 ;;
    up)
      echo "wg-quick up $2" >>"$FAKE/calls"
      [ ! -e "$FAKE/broken" ] || { echo "RTNETLINK answers: Address already in use"; exit 1; }
      mkdir -p "$VRRP_ROOT/sys/class/net/$2"
      sed -n 's/^MTU = //p' "$conf" >"$VRRP_ROOT/sys/class/net/$2/mtu"
      : >"$FAKE/wg.$2.peers"
      wg syncconf "$2" "$conf"
      wg show "$2" allowed-ips | cut -f 2 | tr ' ' '\\n' >"$FAKE/routes.$2"
      key=$(sed -n 's|^PostUp = wg set %i private-key ||p' "$conf")
      [ -z "$key" ] || wg set "$2" private-key "$VRRP_ROOT$key" ;;
    down)
      echo "wg-quick down $2" >>"$FAKE/calls"
      cp "$conf" "$FAKE/down-with" 2>/dev/null
      ! grep -q SaveConfig "$conf" || echo "# saved" >>"$conf"
      rm -r "$VRRP_ROOT/sys/class/net/$2" "$FAKE/wg.$2".*
      rm -f "$FAKE/routes.$2" ;;
    esac`,
  "wireguard-go": ":",
  // One name, whose addresses are in `resolved`.
  getent: `
    [ ! -e "$FAKE/resolver-dead" ] || exec /bin/sleep 30
    [ "$2" = b.example.net ] || exit 2
    sed 's/$/ STREAM/; p; s/STREAM/DGRAM/' "$FAKE/resolved" 2>/dev/null || true`,
};

/**
 * Addresses come and go; the first of an IPv4 network takes the others with it, as promote_secondaries = 0 has it. Routes over
 * an interface are in routes.DEV; one is shown only by its own network.
 */
const IP = `
    case $* in
    "-"?" route show dev "*)
      echo "ip $*" >>"$FAKE/calls"
      grep -x -F "$7" "$FAKE/routes.$5" 2>/dev/null
      exit 0 ;;
    "-"?" route add "*) echo "$4" >>"$FAKE/routes.$6" ;;
    "-"?" route del "*) sed -i "\\|^$4$|d" "$FAKE/routes.$6" 2>/dev/null ;;
    "link set dev "*" mtu "*) echo "$6" >"$VRRP_ROOT/sys/class/net/$4/mtu" ;;
    "address add "*" dev "*)
      echo "ip $*" >>"$FAKE/calls"
      echo "2: $5    inet $3 scope global $5" >>"$FAKE/addresses.$5"
      exit ;;
    "address del "*" dev "*)
      echo "ip $*" >>"$FAKE/calls"
      awk -v gone="$3" '
        function net(address) { return address ~ /\\/24$/ ? substr(address, 1, match(address, /[^.]*$/) - 1) : address }
        $4 == gone { first = !(net($4) in seen); next }
        { seen[net($4)] = 1; if (!first || net($4) != net(gone)) print }' "$FAKE/addresses.$5" >"$FAKE/addresses.new"
      mv "$FAKE/addresses.new" "$FAKE/addresses.$5"
      exit ;;
    esac`;

const UNIT = `
    case $* in
    *"is-enabled wg-quick@"*) [ -e "$FAKE/tunnel-enabled" ]; exit ;;
    *"is-active wg-quick@"*) [ ! -e "$FAKE/tunnel-active" ] || echo active; exit ;;
    *"is-active vrrp-endpoints-"*) [ -e "$FAKE/seeking" ]; exit ;;
    *vrrp-endpoints-*)
      echo "systemctl $*" >>"$FAKE/calls"
      case $1 in stop) rm "$FAKE/seeking" ;; *) : >"$FAKE/seeking" ;; esac
      exit ;;
    *" status wg-quick@"*) cat "$FAKE/unit-words"; exit ;;
    *wg-quick@*)
      echo "systemctl $*" >>"$FAKE/calls"
      dev=\${2#wg-quick@}
      dev=\${dev%.service}
      case $1 in
      enable) : >"$FAKE/tunnel-enabled" ;;
      disable) rm "$FAKE/tunnel-enabled" ;;
      restart) wg-quick up "$dev" >"$FAKE/unit-words" 2>&1 && : >"$FAKE/tunnel-active" ;;
      stop) rm "$FAKE/tunnel-active"; wg-quick down "$dev" ;;
      esac
      exit ;;
    esac`;

/** A host with a stand-in for WireGuard. */
export async function tunnelHost(shell: Shell): Promise<FakeHost> {
  const host = await FakeHost.create(shell);
  for (const [name, script] of Object.entries(TOOLS)) host.program(name, script);
  host.program("systemctl", `${UNIT}\n${host.read("fake/bin/systemctl")}`);
  host.program("ip", `${IP}\n${host.read("fake/bin/ip")}`);
  host.state("handshakes");
  host.addresses("wg0", []);
  return host;
}

/** Public key of the stand-in's private key number N. */
export const publicKey = (n: number) => `P${String(n).padStart(42, "0").slice(1)}A=`;

/** A peer's public key. */
export const peerKey = (n: number) => `Q${String(n).padStart(42, "0").slice(1)}A=`;

export interface Tunnel {
  key?: number;
  peer?: string;
  endpoint?: string;
  address?: string;
  mtu?: number;
  allowed?: string;
  psk?: string;
  /** More lines of the interface. */
  more?: string;
  /** More lines of node.conf. */
  facts?: string;
  /** This end's address for what the hosts tell each other through the tunnel. */
  link?: string;
}

/** The files of a node `a` of the tunnel `tun`, whose peer is b. */
export function tunnelFiles(tunnel: Tunnel = {}): BundleFile[] {
  const {
    key = 1,
    peer = peerKey(1),
    endpoint = "192.0.2.2:51820",
    address = "10.99.0.1/24",
    mtu = 1420,
  } = tunnel;
  const conf = [
    "[Interface]",
    `Address = ${address}`,
    "ListenPort = 51820",
    `MTU = ${mtu}`,
    "PostUp = wg set %i private-key /etc/wireguard/wg0.key",
    ...(tunnel.psk ? [`PostUp = wg set %i peer ${peer} preshared-key /etc/wireguard/wg0.b.psk`] : []),
    ...(tunnel.more ? [tunnel.more] : []),
    "# b",
    "[Peer]",
    `PublicKey = ${peer}`,
    ...(endpoint === "none" ? [] : [`Endpoint = ${endpoint}`]),
    `AllowedIPs = ${tunnel.allowed ?? "10.99.0.2/32, 10.99.0.100/32"}`,
    "",
  ];
  const facts = [
    "cluster tun",
    "node a",
    `tunnel wg0 51820 ${mtu}`,
    `tunnel-address wg0 ${address}`,
    `tunnel-key wg0 ${key}`,
    `tunnel-peer wg0 b ${peer} ${endpoint} 0`,
    "tunnel-peer-address wg0 b 10.99.0.2",
    "peers-elsewhere no",
    "settle 4",
    ...(tunnel.link ? ["interface wg0", "peer b 10.99.0.2", `tunnel-link wg0 ${tunnel.link}`] : []),
    ...(tunnel.facts ? [tunnel.facts] : []),
    "",
  ];
  return [
    { path: "/etc/wireguard/wg0.conf", text: conf.join("\n") },
    { path: "/etc/vrrp-agent/tun/node.conf", text: facts.join("\n") },
    ...(tunnel.psk ? [{ path: "/etc/wireguard/wg0.b.psk", text: `${tunnel.psk}\n`, mode: "0600" }] : []),
  ];
}

export const tunnelBundle = (n: number, tunnel: Tunnel = {}, more: BundleFile[] = []) =>
  bundleOf([...tunnelFiles(tunnel), ...more], { cluster: "tun", generation: generation(n) });

/** A private key as wg makes them. */
export const secretKey = (n: number) => `S${String(n).padStart(42, "0").slice(1)}A=`;

/** What a test does on a host with a tunnel `tun`, and says of it. */
export function tunnelSteps(at: () => FakeHost) {
  const key = (...words: string[]) => at().succeed(["tunnel-key", "tun", "wg0", ...words]);
  const stage = (n: number, tunnel: Tunnel = {}) => at().agent(["stage"], tunnelBundle(n, tunnel));
  const activate = (n: number, tunnel: Tunnel = {}) => {
    at().succeed(["stage"], tunnelBundle(n, tunnel));
    at().calls();
    at().succeed(["activate", "tun", generation(n)]);
    return at()
      .calls()
      .filter((call) => !call.startsWith("systemd-run"));
  };
  const ago = (seconds: number) => Math.floor(Date.now() / 1000) - seconds;
  const heard = (peer = peerKey(1), seconds = 5) => at().state("handshakes", `${peer}\t${ago(seconds)}\n`);
  const seen = (n: number, word: string | number = 5) =>
    ["a b", "b a"]
      .map((ends) => ends.split(" "))
      .map(
        ([node, peer]) =>
          `tunnel wg0 ${peer} handshake ${word} ${node} none\ngeneration ${generation(n)} ${node}\n`,
      )
      .join("");
  const confirm = (n: number, observations = seen(n)) =>
    at().agent(["confirm", "tun", generation(n)], observations);
  const applied = (n = 1, tunnel: Tunnel = {}) => {
    key(String(tunnel.key ?? 1));
    const calls = activate(n, tunnel);
    expect(confirm(n)).toMatchObject({ status: 0, stderr: "" });
    return calls;
  };
  /** A tunnel that somebody made with wg-quick. */
  const byHand = (more = "") => {
    const peer = `[Peer]\nPublicKey = ${peerKey(1)}\nEndpoint = 192.0.2.2:51820\nAllowedIPs = 10.99.0.2/32\n`;
    const text = `[Interface]\nPrivateKey = ${secretKey(7)}\nAddress = 10.99.0.1/24, 10.98.0.1\n${more}${peer}`;
    at().write("/etc/wireguard/wg0.conf", text, 0o600);
    at().state("tunnel-enabled");
    at().state("tunnel-active");
    at().state("wg.wg0.peers", `${peerKey(1)} 10.99.0.2/32 192.0.2.2:51820\n`);
    at().state("wg.wg0.key", `${secretKey(7)}\n`);
    at().write("/sys/class/net/wg0/mtu", "1420\n");
    at().addresses("wg0", ["10.99.0.1/24", "10.98.0.1/32"]);
    return text;
  };
  return { key, stage, activate, ago, heard, seen, confirm, applied, byHand };
}
