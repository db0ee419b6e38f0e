/** One call of PVE's API, the same over `pvesh` and over HTTPS. `create`, `set`, `delete` are pvesh's words. */
export interface Call {
  method: "create" | "set" | "delete";
  /** Without /api2/json: `/nodes/pve1/qemu/101/config`. */
  path: string;
  params: Record<string, string>;
}
