/** What rules call a property, in the words of a keepalived.conf. */
const WORDS: Readonly<Record<string, string>> = {
  advertInt: "advert_int",
  authPass: "auth_pass",
  authType: "auth_type",
  bfd: "track_bfd",
  downTimerAdverts: "down_timer_adverts",
  mcastDstIp: "mcast_dst_ip",
  mcastSrcIp: "mcast_src_ip",
  maxHops: "max_hops",
  minRx: "min_rx",
  minTtl: "min_ttl",
  multicast: "multicast",
  minTx: "min_tx",
  neighborIp: "neighbor_ip",
  notifyBackup: "notify_backup",
  notifyFault: "notify_fault",
  notifyMaster: "notify_master",
  preemptDelay: "preempt_delay",
  routerId: "router_id",
  scriptUser: "script_user",
  sourceIp: "source_ip",
  startupDelay: "vrrp_startup_delay",
  trackInterfaces: "track_interface",
  trackProcesses: "track_process",
  trackScripts: "track_script",
  trackSrcIp: "track_src_ip",
  unicastPeers: "unicast_peer",
  unicastSrcIp: "unicast_src_ip",
  unicastTtl: "unicast_ttl",
  useVmac: "use_vmac",
  virtualIpAddresses: "virtual_ipaddress",
  virtualRouterId: "virtual_router_id",
};

/** Places that are no property of an instance; "": what the finding says names the place. */
const PLACES: Readonly<Record<string, string>> = {
  strict: "vrrp_strict",
  notifies: "",
  mail: "",
  keywords: "",
};

/** Words that a sentence also has in another sense stay as they are. */
const IN_SENTENCES = Object.keys(WORDS).filter((word) => word !== "bfd");
const ANY_WORD = new RegExp(`\\b(?:${IN_SENTENCES.join("|")})\\b`, "g");

/** A text with properties called as a keepalived.conf calls them. */
export function withConfWords(text: string): string {
  return text.replace(ANY_WORD, (word) => WORDS[word]!);
}

/** A sentence about properties as one about keywords: `set state: 'BACKUP'` becomes `set state BACKUP`. */
export function inConfWords(sentence: string): string {
  return withConfWords(sentence)
    .replace(/\b([a-z_]+): '([^']*)'/g, "$1 $2")
    .replace(/\b((?:version|advert_int|down_timer_adverts|vrrp_startup_delay|unicast_ttl)): (\d)/g, "$1 $2");
}

/** `trackScripts[0].weight` of a check named web: `weight of track_script web`. */
export function placeText(
  property: string,
  nameOf: (list: string, index: number) => string | undefined,
): string {
  const item = /^([A-Za-z]+)\[(\d+)\](?:\.(.+))?$/.exec(property);
  if (item === null) {
    return PLACES[property] ?? WORDS[property] ?? property;
  }
  const [, list = "", index = "", rest] = item;
  if (list in PLACES) {
    return PLACES[list]!;
  }
  const name = nameOf(list, Number(index));
  const whole = [WORDS[list] ?? list, ...(name === undefined ? [] : [name])].join(" ");
  return rest === undefined ? whole : `${WORDS[rest] ?? rest} of ${whole}`;
}
