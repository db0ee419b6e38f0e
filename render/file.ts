/** One file of a host. */
export interface RenderedFile {
  /** Absolute path on the host. */
  path: string;
  /** Its text; ends with a newline. */
  text: string;
  /** Octal mode, four digits. */
  mode: string;
  /** USER:GROUP. */
  owner: string;
  /** Whether the text holds a secret: it is then never shown. */
  secret: boolean;
}

/** A file that anybody on the host may read. */
export function plainFile(path: string, text: string): RenderedFile {
  return { path, text, mode: "0644", owner: "root:root", secret: false };
}

/** A file that only root may read and that is never shown. */
export function secretFile(path: string, text: string): RenderedFile {
  return { path, text, mode: "0600", owner: "root:root", secret: true };
}

/** Files in the order of their paths. */
export function sorted(files: RenderedFile[]): RenderedFile[] {
  return files.sort((a, b) => (a.path < b.path ? -1 : 1));
}
