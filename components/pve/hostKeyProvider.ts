import { utils } from "ssh2";

/** The inputs of a GuestHostKey. */
export interface HostKeyInputs {
  __provider?: string;
  /** What the key is for: another one takes another key. */
  keepers: Record<string, string>;
}

/** What the state file keeps. */
export interface HostKeyOutputs extends HostKeyInputs {
  /** A secret: in OpenSSH format, without passphrase. */
  privateKey: string;
  /** As in authorized_keys, without comment. */
  publicKey: string;
}

/** Makes a key once, where pulumi runs; nothing is connected to. */
export class HostKeyProvider {
  check(_olds: unknown, news: HostKeyInputs): Promise<{ inputs: HostKeyInputs }> {
    return Promise.resolve({ inputs: news });
  }

  diff(_id: string, olds: HostKeyOutputs, news: HostKeyInputs) {
    const text = ({ keepers }: HostKeyInputs) =>
      JSON.stringify(Object.entries(keepers).sort(([a], [b]) => (a < b ? -1 : 1)));
    const replaces = text(olds) === text(news) ? [] : ["keepers"];
    return Promise.resolve({ changes: replaces.length > 0 || olds.__provider !== news.__provider, replaces });
  }

  create(inputs: HostKeyInputs): Promise<{ id: string; outs: HostKeyOutputs }> {
    const { private: privateKey, public: made } = utils.generateKeyPairSync("ed25519");
    const publicKey = made.trim().split(/\s+/).slice(0, 2).join(" ");
    return Promise.resolve({ id: publicKey.slice(-24), outs: { ...inputs, privateKey, publicKey } });
  }

  read(id: string, props: HostKeyOutputs) {
    return Promise.resolve({ id, props });
  }

  update(_id: string, olds: HostKeyOutputs, news: HostKeyInputs): Promise<{ outs: HostKeyOutputs }> {
    return Promise.resolve({ outs: { ...olds, ...news } });
  }

  delete(): Promise<void> {
    return Promise.resolve();
  }
}

export const makeProvider = () => new HostKeyProvider();
