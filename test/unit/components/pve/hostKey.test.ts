import { utils } from "ssh2";

import { publicHalf } from "../../../../components/pve/hostKey";
import { makeProvider } from "../../../../components/pve/hostKeyProvider";
import { KEYS } from "./gateway";

const inputs = { __provider: "handler", keepers: { template: "9000" } };

test("a host key is an ed25519 pair in the forms that sshd and known_hosts take, another one each time", async () => {
  const provider = makeProvider();
  const { outs } = await provider.create(inputs);
  expect(outs.publicKey).toMatch(/^ssh-ed25519 AAAA\S+$/);
  expect(outs.privateKey).toMatch(/^-----BEGIN OPENSSH PRIVATE KEY-----\n/);
  expect(publicHalf(outs.privateKey)).toBe(outs.publicKey);
  expect((await provider.create(inputs)).outs.publicKey).not.toBe(outs.publicKey);
});

test("a host key stays through updates, and another template takes another one", async () => {
  const provider = makeProvider();
  const { outs } = await provider.create(inputs);
  expect(await provider.diff("id", outs, { ...inputs })).toEqual({ changes: false, replaces: [] });
  expect(await provider.diff("id", outs, { ...inputs, keepers: { template: "9001" } })).toEqual({
    changes: true,
    replaces: ["keepers"],
  });
  const newer = { ...inputs, __provider: "newer" };
  expect(await provider.diff("id", outs, newer)).toEqual({ changes: true, replaces: [] });
  expect((await provider.update("id", outs, newer)).outs).toEqual({ ...outs, __provider: "newer" });
});

test("the public half of a key is told, also of one with a passphrase", () => {
  expect(publicHalf(KEYS.privateKey)).toBe(KEYS.publicKey);
  const locked = utils.generateKeyPairSync("ed25519", {
    passphrase: "word",
    cipher: "aes256-cbc",
    rounds: 16,
  });
  expect(publicHalf(locked.private, "word")).toBe(locked.public.trim());
  expect(() => publicHalf(locked.private)).toThrow(/cannot read the private key/);
});
