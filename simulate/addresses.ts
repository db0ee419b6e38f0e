import ipaddr from "ipaddr.js";

/** Which of two addresses is the higher one, as keepalived compares them; 0 where one is not known. */
export function compareAddresses(one: string | undefined, other: string | undefined): number {
  if (one === undefined || other === undefined) return 0;
  const [a, b] = [ipaddr.parse(one).toByteArray(), ipaddr.parse(other).toByteArray()];
  const place = a.findIndex((byte, i) => byte !== b[i]);
  return place < 0 ? 0 : a[place]! - (b[place] ?? 0);
}
