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

/**
 * A shell script that ends when the machine's cloud-init is through, and with it what it installs: before, apt would be locked
 * and the network half made. cloud-init's exit status 2 is of a run that has got over its errors.
 */
export function waitForCloudInit(seconds: number): string {
  return `command -v cloud-init >/dev/null 2>&1 || exit 0
$(command -v timeout && echo ${seconds}) cloud-init status --wait >/dev/null 2>&1
case $? in
0 | 2) exit 0 ;;
124 | 143) echo 'cloud-init still runs after ${seconds} s; it is at:' ;;
*) echo 'cloud-init has failed:' ;;
esac
cloud-init status --long 2>&1
exit 1
`;
}
