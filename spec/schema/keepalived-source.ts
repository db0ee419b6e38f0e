import { z } from "zod";
import { compareVersions } from "../rules/versions";
import { field, text } from "./fields";

/** Its VRRPv3 adverts are the first that every later release reads (spec/rules/version-skew.ts). */
const OLDEST_SOURCE = "2.0.5";

const URL = /^(https?:\/\/[A-Za-z0-9.:[\]-]+|file:\/\/)\/[A-Za-z0-9._~%+=&?:/-]{1,400}$/;

/** Directories of the distribution, and the agent's own: a build there could take the place of somebody's files. */
const TAKEN =
  /^\/(bin|boot|dev|etc|lib\w*|proc|root|run|sbin|sys|tmp|usr(?!\/local\/)|var(?!\/(lib|opt)\/)|var\/lib\/vrrp-agent)(\/|$)/;

/** What belongs to the agent: where the build goes and what it reads. */
const OURS = /^--with-(init|systemdsystemunitdir|default-config-file|default-runtime-options|run-dir)\b/;

const OPTION =
  /^(--(enable|disable|with|without)-[a-z0-9][a-z0-9_-]*(=[A-Za-z0-9_.,:/+-]*)?|(CC|CFLAGS|CPPFLAGS|LDFLAGS|LIBS|PKG_CONFIG_PATH)=[A-Za-z0-9_.,:/+=-]*)$/;

/** keepalived built on the host. */
export const keepalivedSourceSchema = field(
  z.strictObject({
    /** Where each host finds the tarball: https://, http://, or file:// for a path on the host itself. */
    url: text(
      URL,
      "https://HOST/PATH, http://HOST/PATH or file:///PATH, with letters, digits and '._~%+=&?:/-', without a password in it",
    ),
    /** sha256 of the tarball: 64 hexadecimal digits. */
    sha256: text(/^[0-9a-f]{64}$/, "64 digits from 0 to 9 and a to f, as sha256sum prints them"),
    /** Version that the tarball builds; 2.0.5 or newer. */
    version: field(
      z.string().refine((v) => /^\d+\.\d+\.\d+$/.test(v) && compareVersions(v, OLDEST_SOURCE) >= 0),
      `a version as in '2.3.4', ${OLDEST_SOURCE} or newer`,
    ),
    /** Directory below which each build has one of its own, VERSION-DIGEST. @default "/opt/keepalived" */
    prefix: field(
      z
        .string()
        .max(150)
        .regex(/^(\/[A-Za-z0-9_][A-Za-z0-9._-]*){2,}$/)
        .refine((v) => !TAKEN.test(v)),
      "an absolute path of letters, digits, '.', '_', '-' and '/', two directories deep or more, outside those of the distribution, as '/opt/keepalived' or '/usr/local/keepalived'",
    ).optional(),
    /** Further options of its `configure`, up to 50. @default none */
    configureOptions: field(
      z
        .array(
          field(
            z
              .string()
              .max(200)
              .regex(OPTION)
              .refine((v) => !OURS.test(v) && v !== "--disable-vrrp"),
            "--enable-X, --disable-X, --with-X, --without-X or one of CC, CFLAGS, CPPFLAGS, LDFLAGS, LIBS and PKG_CONFIG_PATH with '=VALUE', without blanks; not --disable-vrrp, nor where it is installed and what starts it, which prefix and the agent say",
          ),
        )
        .max(50),
      "a list of up to 50 options",
    ).optional(),
  }),
  "a source of keepalived: url, sha256, version, and optionally prefix and configureOptions",
);

export type KeepalivedSourceInput = z.infer<typeof keepalivedSourceSchema>;
