/**
 * Vendor data that gives a machine its SSH host key, for cloud-init reads JSON as YAML. Vendor data and not user data: what
 * Proxmox VE itself makes of user, keys and name stays. cloud-init makes no other host keys then, and removes the template's.
 */
export function hostKeyVendorData(key: { privateKey: string; publicKey: string }): string {
  const data = {
    ssh_deletekeys: true,
    ssh_keys: { ed25519_private: key.privateKey, ed25519_public: key.publicKey },
  };
  return `#cloud-config\n${JSON.stringify(data, undefined, 2)}\n`;
}

/** What apt does by itself at the first boot, holding its lock. */
const APT = "apt-daily.service apt-daily-upgrade.service";

/**
 * A shell script that ends when the machine's cloud-init is through, and with it what it installs, and what apt does by itself:
 * before, apt would be locked and the network half made. cloud-init's exit status 2 is of a run that has got over its errors.
 */
export function waitForCloudInit(seconds: number): string {
  return `end=$(($(date +%s) + ${seconds}))
if command -v cloud-init >/dev/null 2>&1; then
  $(command -v timeout && echo ${seconds}) cloud-init status --wait >/dev/null 2>&1
  case $? in
  0 | 2) said= ;;
  124 | 143) said='cloud-init still runs after ${seconds} s; it is at:' ;;
  *) said='cloud-init has failed:' ;;
  esac
  if [ -n "$said" ]; then
    echo "$said"
    cloud-init status --long 2>&1
    exit 1
  fi
fi
command -v systemctl >/dev/null 2>&1 || exit 0
while systemctl show -p ActiveState ${APT} 2>/dev/null | grep -q '=activating$'; do
  if [ "$(date +%s)" -ge "$end" ]; then
    echo 'apt still updates the machine after ${seconds} s: give it longer (readyTimeout), or look at systemctl list-jobs'
    exit 1
  fi
  sleep 2
done
`;
}
