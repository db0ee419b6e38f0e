declare module "js-yaml" {
  /** Reads one YAML 1.2 document; JSON is one. Throws where it is none. */
  export function load(text: string, options?: { filename?: string }): unknown;
}
