/** The full name of a unit of systemd. */
export function unitOf(service: string): string {
  return /\.(service|timer|socket|target|path|mount)$/.test(service) ? service : `${service}.service`;
}
