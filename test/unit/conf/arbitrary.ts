import fc from "fast-check";

/** Pieces that mean something to the parser, in any order. */
export const confLike = fc
  .array(
    fc.oneof(
      fc.constantFrom(
        ...["{", "}", '"', "'", "\\", "#", "!", "@", "@^", "$", "${", "=", "~SEQ(", "~LST(", ")", ","],
        ...["\n", "\r\n", "\r", "\t", " ", "\0", "é", "\u{1f600}", "\\#", "\\\n", "\\ \n", "include "],
        ...["vrrp_instance", "A", "$A=", "$A", "${A}", "@gw-a ", "priority", "100", "10.0.0.1/24"],
      ),
      fc.string({ maxLength: 4 }),
    ),
    { maxLength: 60 },
  )
  .map((parts) => parts.join(""));
